package bootstrap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/sluicelog/sluice/internal/osclient"
)

var (
	// ErrNoStream is a name that has an index or an alias where the data stream should be, as a bulk request without a
	// template makes one.
	ErrNoStream = errors.New("bootstrap: not a data stream")
	// ErrForeign is a template of the stream's name that Sluice did not make.
	ErrForeign = errors.New("bootstrap: template made by somebody else")
)

// Bootstrap makes one stream. Safe for concurrent use.
type Bootstrap struct {
	client Client
	opts   Options
	now    func() time.Time // by which indices are old
}

// New returns a Bootstrap that sends by client. It sends nothing itself. opts may be nil; it is copied. The error names a nil client
// and every option out of range.
func New(client Client, opts *Options) (*Bootstrap, error) {
	if client == nil {
		return nil, errors.New("bootstrap: client is nil")
	}
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	return &Bootstrap{client: client, opts: opts.withDefaults(), now: time.Now}, nil
}

// Report is what Check found and EnsureTemplate did.
type Report struct {
	Stream string
	// Template is the version of the stream's template as it was found; 0 when there was none.
	Template int
	// Current says that the template was found as this program would make it.
	Current bool
	// Later says that a later version of Sluice has made the template; it is left alone.
	Later bool
	// Exists says that the data stream was there.
	Exists bool
	// Written, Created and RolledOver say what EnsureTemplate did: to the template, to the stream.
	Written, Created, RolledOver bool
	// Policy says that Index State Management deletes what is old. Without it, run a Keeper.
	Policy bool
	// Keeper says that a Keeper is needed: there is no Index State Management, or the retention wants what it cannot do.
	Keeper bool
}

// Check looks at the template and the stream and writes nothing. The error is ErrNoStream for a name that is no data stream, and
// ErrForeign for a template that Sluice did not make; both are wrapped.
func (b *Bootstrap) Check(ctx context.Context) (Report, error) {
	r := Report{Stream: b.opts.Stream}
	var err error
	if r.Exists, err = b.exists(ctx); err != nil {
		return r, err
	}
	t := b.templates()
	var reply struct {
		Templates []struct {
			Index struct {
				Meta mark `json:"_meta"`
			} `json:"index_template"`
		} `json:"index_templates"`
	}
	found, err := b.get(ctx, "look up the index template "+t.name, "/_index_template/"+url.PathEscape(t.name), &reply)
	if err != nil || !found || len(reply.Templates) == 0 {
		return r, err
	}
	m := reply.Templates[0].Index.Meta
	if m.ManagedBy != maker {
		return r, fmt.Errorf("%w: index template %s: delete it, or choose another stream", ErrForeign, t.name)
	}
	r.Template, r.Later = m.Version, m.Version > Version
	r.Current = m.Version == Version && m.Hash == t.hash()
	return r, nil
}

// EnsureTemplate makes or renews the templates, makes the data stream, and sets the retention policy where the cluster can have one.
// It may be called at any time, by several programs. It changes nothing that is as it should be. Errors are those of Check, and refusals
// of the cluster.
func (b *Bootstrap) EnsureTemplate(ctx context.Context) (Report, error) {
	r, err := b.Check(ctx)
	if err != nil {
		return r, err
	}
	if !r.Current && !r.Later {
		if err := b.write(ctx); err != nil {
			return r, err
		}
		r.Written = true
	}
	stream := "/" + url.PathEscape(b.opts.Stream)
	switch {
	case !r.Exists:
		if r.Created, err = b.create(ctx); err != nil {
			return r, err
		}
	case r.Written:
		if err := b.do(ctx, "roll the stream over", http.MethodPost, stream+"/_rollover", nil); err != nil {
			return r, err
		}
		r.RolledOver = true
	}
	r.Policy, err = b.ensurePolicy(ctx)
	r.Keeper = !r.Policy || b.opts.Retention.NeedsKeeper()
	return r, err
}

// exists asks what the stream's name stands for.
func (b *Bootstrap) exists(ctx context.Context) (bool, error) {
	name := b.opts.Stream
	var reply struct {
		Indices []struct{ Name string }
		Aliases []struct{ Name string }
		Streams []struct{ Name string } `json:"data_streams"`
	}
	if _, err := b.get(ctx, "look up "+name, "/_resolve/index/"+url.PathEscape(name), &reply); err != nil {
		return false, err
	}
	switch {
	case len(reply.Indices) > 0:
		return false, fmt.Errorf("%w: %s is a plain index, as a request makes it that comes before its template: copy what is in it and delete it, or choose another stream", ErrNoStream, name)
	case len(reply.Aliases) > 0:
		return false, fmt.Errorf("%w: %s is an alias: delete it, or choose another stream", ErrNoStream, name)
	}
	return len(reply.Streams) > 0, nil
}

// write puts the components, then the template that names them and carries the mark: a write that ends in between is done again.
func (b *Bootstrap) write(ctx context.Context) error {
	t := b.templates()
	mapping, setting := t.components()
	for _, c := range []struct {
		name string
		body object
	}{{t.mappingsName(), mapping}, {t.settingsName(), setting}} {
		if err := b.do(ctx, "put the component template "+c.name, http.MethodPut, "/_component_template/"+url.PathEscape(c.name), c.body); err != nil {
			return err
		}
	}
	return b.do(ctx, "put the index template "+t.name, http.MethodPut, "/_index_template/"+url.PathEscape(t.name), t.index())
}

// create makes the data stream; false means that somebody else was faster.
func (b *Bootstrap) create(ctx context.Context) (bool, error) {
	err := b.do(ctx, "create the data stream", http.MethodPut, "/_data_stream/"+url.PathEscape(b.opts.Stream), nil)
	var refused *osclient.StatusError
	if errors.As(err, &refused) && refused.Type == "resource_already_exists_exception" {
		return false, nil
	}
	return err == nil, err
}

var jsonHeader = http.Header{"Content-Type": {"application/json"}}

// do sends a request that has to succeed.
func (b *Bootstrap) do(ctx context.Context, op, method, path string, body any) error {
	var text []byte
	if body != nil {
		text = encode(body)
	}
	status, reply, err := b.client.Do(ctx, method, path, jsonHeader, text)
	if err != nil {
		return fmt.Errorf("bootstrap: %s: %w", op, err)
	}
	if status < 200 || status > 299 {
		return b.refused(op, status, reply)
	}
	return nil
}

// get reads a reply in JSON; false means 404.
func (b *Bootstrap) get(ctx context.Context, op, path string, into any) (bool, error) {
	status, reply, err := b.client.Do(ctx, http.MethodGet, path, nil, nil)
	switch {
	case err != nil:
		return false, fmt.Errorf("bootstrap: %s: %w", op, err)
	case status == http.StatusNotFound && json.Valid(reply):
		return false, nil
	case status != http.StatusOK:
		return false, b.refused(op, status, reply)
	}
	if err := json.Unmarshal(reply, into); err != nil {
		return false, fmt.Errorf("bootstrap: %s: the reply is not OpenSearch's: %w", op, err)
	}
	return true, nil
}

// refused makes an error of a reply; a client that knows about its credentials says more.
func (b *Bootstrap) refused(op string, status int, reply []byte) error {
	if c, ok := b.client.(*osclient.Client); ok {
		return c.StatusError(op, status, reply)
	}
	return osclient.NewStatusError(op, status, reply)
}
