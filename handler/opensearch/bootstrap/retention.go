package bootstrap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/sluicelog/sluice/internal/osclient"
)

// Pass is what one pass of retention did.
type Pass struct {
	RolledOver bool
	Deleted    []string // indices
	Kept       int      // indices, with the one that is written to
	Bytes      int64    // of the primary shards of those
	Documents  uint64   // deleted one by one, of classes or around those that are held
}

// Retain rolls the stream over if it is time, and deletes what is too old or too much: one pass, as a Keeper makes them. It is for
// clusters without Index State Management. Several programs may do it at the same time. The index that is written to is never
// deleted.
func (b *Bootstrap) Retain(ctx context.Context) (Pass, error) {
	var p Pass
	r := b.opts.Retention
	stream := "/" + url.PathEscape(b.opts.Stream)
	status, reply, err := b.client.Do(ctx, http.MethodPost, stream+"/_rollover", jsonHeader, encode(object{"conditions": object{
		"max_age": seconds(r.RolloverAge), "max_size": fmt.Sprintf("%db", r.RolloverBytes),
	}}))
	if err != nil {
		return p, fmt.Errorf("bootstrap: roll the stream over: %w", err)
	}
	if status != http.StatusOK {
		return p, b.refused("roll the stream over", status, reply)
	}
	var rolled struct {
		RolledOver bool `json:"rolled_over"`
	}
	if err := json.Unmarshal(reply, &rolled); err != nil {
		return p, fmt.Errorf("bootstrap: roll the stream over: the reply is not OpenSearch's: %w", err)
	}
	p.RolledOver = rolled.RolledOver
	indices, err := b.indices(ctx)
	if err != nil {
		return p, err
	}
	for _, x := range indices {
		p.Bytes += x.bytes
	}
	p.Kept = len(indices)
	held, err := b.holds(ctx)
	if err != nil {
		return p, err
	}
	errs := []error{b.retainClasses(ctx, held, &p)}
	for i := range max(len(indices)-1, 0) {
		x := indices[i]
		// It was written to until the next one was made.
		old := r.KeepFor > 0 && b.now().Sub(indices[i+1].made) > r.KeepFor
		much := r.KeepBytes > 0 && p.Bytes > r.KeepBytes
		if !old && !much {
			break // those after it are younger
		}
		if kept, err := b.emptyAround(ctx, x.name, held, &p); err != nil || kept {
			errs = append(errs, err)
			continue
		}
		err := b.do(ctx, "delete the index "+x.name, http.MethodDelete, "/"+url.PathEscape(x.name), nil)
		var refused *osclient.StatusError
		switch {
		case err == nil:
			p.Deleted = append(p.Deleted, x.name)
		case errors.As(err, &refused) && refused.Status == http.StatusNotFound: // by another program
		default:
			errs = append(errs, err)
			continue
		}
		p.Bytes, p.Kept = p.Bytes-x.bytes, p.Kept-1
	}
	return p, errors.Join(errs...)
}

// index is a backing index.
type index struct {
	name  string
	made  time.Time
	bytes int64 // of primary shards
}

// indices lists the backing indices, oldest first; the last is the one that is written to.
func (b *Bootstrap) indices(ctx context.Context) ([]index, error) {
	name := url.PathEscape(b.opts.Stream)
	var stream struct {
		Streams []struct {
			Indices []struct {
				Name string `json:"index_name"`
			}
		} `json:"data_streams"`
	}
	found, err := b.get(ctx, "look up the data stream", "/_data_stream/"+name, &stream)
	if err != nil || !found || len(stream.Streams) == 0 {
		return nil, err
	}
	var made map[string]struct {
		Settings map[string]string
	}
	if _, err := b.get(ctx, "look up the indices' ages", "/"+name+"/_settings/index.creation_date?flat_settings=true", &made); err != nil {
		return nil, err
	}
	var sizes struct {
		Indices map[string]struct {
			Primaries struct {
				Store struct {
					Bytes int64 `json:"size_in_bytes"`
				}
			}
		}
	}
	if _, err := b.get(ctx, "look up the indices' sizes", "/"+name+"/_stats/store", &sizes); err != nil {
		return nil, err
	}
	var out []index
	for _, x := range stream.Streams[0].Indices {
		ms, err := strconv.ParseInt(made[x.Name].Settings["index.creation_date"], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("bootstrap: index %s has no date of creation: nothing is deleted", x.Name)
		}
		out = append(out, index{x.Name, time.UnixMilli(ms), sizes.Indices[x.Name].Primaries.Store.Bytes})
	}
	return out, nil
}
