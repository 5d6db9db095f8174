package opensearch

import "context"

// SpoolOptions are the bounds of a spool.
type SpoolOptions struct{}

type spool struct{}

func (s *spool) accept(context.Context, []byte, int) error { return nil }
func (s *spool) flush(context.Context) error               { return nil }
func (c *core) spooled() bool                              { return c.spool != nil }
func (c *core) openSpool() error                           { return nil }
func (c *core) closeSpool()                                {}
func (c *core) spoolDrained()                              {}
func (c *core) endSpool() error                            { return nil }
func (c *core) spoolFigures() uint64                       { return 0 }
func (c *core) spoolHealth() error                         { return nil }
func (c *core) spoolWriteIndex(string)                     {}
