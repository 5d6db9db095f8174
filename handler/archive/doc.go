// Package archive is a sink: a [log/slog.Handler] that puts each record into a local store, compressed and searchable at once.
//
//	s, err := store.Open("logs", nil)
//	h, err := archive.NewHandler(s, nil)
//	logger := slog.New(h)
//	defer h.Close(ctx)
//
// A record is written as the JSON line that package jsonl writes, with the same limits, so what is found in the store is what the
// console shows. Handle returns when the store has taken the record; how safe it is then is the store's Options.Sync. With the
// default Handle does no I/O of its own, except when the disk is slower than the records: put package async in front where a caller
// must never wait.
package archive
