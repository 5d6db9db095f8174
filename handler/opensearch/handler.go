package opensearch

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicelog/sluice/internal/chain"
	"github.com/sluicelog/sluice/internal/jsonenc"
	"github.com/sluicelog/sluice/internal/onerror"
)

// Handler sends records to OpenSearch. Handlers derived from it by WithAttrs and WithGroup share its queue and connections:
// Flush, Close, Stats and Health of any of them are those of all. Safe for concurrent use.
type Handler struct {
	core *core
	with *jsonenc.With
}

var _ chain.Handler = (*Handler)(nil)

// core is what all handlers derived from one share.
type core struct {
	opts    Options
	enc     *jsonenc.Encoder
	client  client
	q       queue
	circuit circuit
	stream  stream
	dead    *deadLetters
	spool   *spool // nil for none
	errs    reporter
	count   counters

	bulkPath, bulkQuery string
	prefix              string // of the identifiers of this run
	counter             atomic.Uint64

	asked, checked, plainIndex atomic.Bool
	closed                     atomic.Bool
	ctx                        context.Context // ends requests
	cancel                     context.CancelFunc
	workers                    sync.WaitGroup
	preparer                   sync.WaitGroup
	prepared                   chan struct{} // closed when documents may be sent
	ending                     sync.Once
	ended                      chan struct{} // closed when the workers have ended
	endErr                     error         // of closing files; read after ended
}

// NewHandler connects a handler; but for Prepare no request is made before the first record. Its goroutines run until Close: who builds a handler
// closes it. opts may be nil. The error names every option out of range, or what cannot be opened; then nothing has been
// started.
func NewHandler(opts *Options) (*Handler, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	o := opts.withDefaults()
	client, err := connect(&o)
	if err != nil {
		return nil, err
	}
	h, err := build(o, client)
	if err != nil {
		_ = client.Close()
		return nil, err
	}
	return h, nil
}

func build(o Options, client client) (*Handler, error) {
	config := o.Format.encoderConfig()
	config.AddSource, config.MaxValue, config.MaxRecord = o.AddSource, o.MaxValue, o.MaxRecord
	c := &core{
		opts: o, enc: jsonenc.New(config), client: client, stream: stream{name: o.Stream},
		errs:   reporter{sink: onerror.Sink{Component: "opensearch", Func: o.OnError}},
		prefix: runPrefix(), ended: make(chan struct{}), prepared: make(chan struct{}),
	}
	// OpenSearch's own limit lies below the client's, so that its answer is heard.
	c.bulkQuery = fmt.Sprintf("/_bulk?timeout=%dms&filter_path=%s", (o.Timeout / 3).Milliseconds(), filterPath)
	c.bulkPath = "/" + url.PathEscape(o.Stream) + c.bulkQuery
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.q.init(&o)
	c.circuit.init(o.MaxBackoff)
	var err error
	if c.dead, err = openDeadLetters(o.DeadLetters, o.Stream, c.errs.report); err != nil {
		return nil, err
	}
	if err = c.openSpool(); err != nil {
		_ = c.dead.close()
		return nil, err
	}
	if o.Prepare == nil {
		close(c.prepared)
	} else {
		c.preparer.Add(1)
		go c.prepare()
	}
	c.workers.Add(o.InFlight)
	for range o.InFlight {
		go (&worker{core: c}).run()
	}
	return &Handler{core: c}, nil
}

// Enabled says whether records of level l are sent.
func (h *Handler) Enabled(_ context.Context, l slog.Level) bool {
	return l >= h.core.opts.Level.Level()
}

// Handle encodes r and takes it; it never waits for OpenSearch, except, by wish, with Block. Nil means accepted: the record will
// be delivered, or counted as failed or dropped. With a spool it is in there. The context's cancellation is ignored.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	return h.handle(ctx, &r, &chain.Root{})
}

// HandleRoot is Handle for a record with root attributes.
func (h *Handler) HandleRoot(ctx context.Context, r slog.Record, root chain.Root) error {
	return h.handle(ctx, &r, &root)
}

// WithAttrs returns a handler whose records have attrs too, in its innermost group. They are encoded now.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := h.core.enc.WithAttrs(h.with, attrs)
	if with == h.with {
		return h
	}
	return &Handler{core: h.core, with: with}
}

// WithGroup returns a handler that puts what follows into the group name. A group without attributes is not written.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &Handler{core: h.core, with: h.core.enc.WithGroup(h.with, name)}
}

func (h *Handler) handle(ctx context.Context, r *slog.Record, root *chain.Root) error {
	c := h.core
	c.count.offered.Add(1)
	if c.closed.Load() {
		c.count.refused.Add(1)
		return ErrClosed
	}
	b := jsonenc.NewBuffer()
	defer b.Free()
	b.B = append(b.B, actionOpen...)
	id := ""
	if c.opts.ID != nil {
		id = c.opts.ID(ctx, *r)
	}
	if id == "" {
		b.B = c.appendID(b.B)
	} else {
		b.B = appendGivenID(b.B, id)
	}
	b.B = append(b.B, actionClose...)
	action := len(b.B)
	c.enc.Append(b, r, root, h.with)
	b.B = append(b.B, '\n')
	if b.Notes != (jsonenc.Notes{}) {
		c.note(&b.Notes)
	}
	if c.spool != nil {
		return c.spool.accept(b.B)
	}
	return c.accept(b.B, action)
}

// accept puts a document into the queue.
func (c *core) accept(line []byte, action int) error {
	for {
		wait, err := c.q.put(line, action, frame{}, c.opts.Overflow == Block)
		switch {
		case err == ErrClosed:
			c.count.refused.Add(1)
			return err
		case err != nil:
			c.count.turnAway()
			return err
		case wait == nil:
			return nil
		}
		<-wait
	}
}

func (c *core) note(n *jsonenc.Notes) {
	c.count.notesRenamed.Add(uint64(n.Renamed))
	c.count.notesValues.Add(uint64(n.Values))
	c.count.notesRecords.Add(uint64(n.Records))
	c.count.notesAttributes.Add(uint64(n.Left))
}

// runPrefix is what the identifiers of a run start with: the time in seconds and 40 random bits, in base 32. Identifiers that
// share a prefix and count up cost OpenSearch no more than its own.
func runPrefix() string {
	var seed [9]byte
	binary.BigEndian.PutUint32(seed[:], uint32(time.Now().Unix()))
	_, _ = rand.Read(seed[4:]) // never fails: it ends the process rather
	const alphabet = "0123456789abcdefghijklmnopqrstuv"
	var text [15]byte
	at, acc, have := 0, uint(0), uint(0)
	for _, b := range seed {
		acc, have = acc<<8|uint(b), have+8
		for have >= 5 {
			have -= 5
			text[at] = alphabet[acc>>have&31]
			at++
		}
	}
	return string(text[:at]) + "-"
}

// appendID appends the next identifier of this run.
func (c *core) appendID(dst []byte) []byte {
	const digits = "0123456789abcdef"
	n := c.counter.Add(1)
	dst = append(dst, c.prefix...)
	for shift := 36; shift >= 0; shift -= 4 {
		dst = append(dst, digits[n>>shift&15])
	}
	return dst
}

// maxID is the length of an identifier that OpenSearch takes.
const maxID = 512

// appendGivenID appends an identifier as it stands in JSON.
func appendGivenID(dst []byte, id string) []byte {
	for i := range len(id) {
		if c := id[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f || len(id) > maxID {
			sum := sha256.Sum256([]byte(id))
			return hex.AppendEncode(dst, sum[:])
		}
	}
	return append(dst, id...)
}
