package store_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/search/lines"
	"github.com/sluicelog/sluice/search/searchtest"
	"github.com/sluicelog/sluice/store"
)

func TestAStoreIsSearchedAsTheLanguageSaysWhileItIsWritten(t *testing.T) {
	records := searchtest.Records(5_000)
	dir := t.TempDir()
	s, err := store.Open(dir, &store.Options{SegmentRecords: 1_200, CompactAfter: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	for _, line := range records {
		if err := s.Append(line); err != nil {
			t.Fatal(err)
		}
	}
	measure := lines.New(lines.Of(records), nil)
	t.Run("the writer", func(t *testing.T) { searchtest.Compare(t, measure, s.Searcher(nil)) })
	r, err := store.OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, text := range []string{"*", "level:ERROR stage:denoise", `"disk full"`, "n>4990"} {
		req := &search.Request{Query: search.MustParse(text), Count: true, Now: searchtest.Now}
		searchtest.CompareRequest(t, text, measure, r.Searcher(nil), req)
	}
}

func TestTailShowsRecordsOfTheTailAndOfSegmentsOnceEach(t *testing.T) {
	records := searchtest.Records(900)
	s, err := store.Open(t.TempDir(), &store.Options{SegmentRecords: 100, CompactAfter: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	add := func(list [][]byte) {
		for _, l := range list {
			if err := s.Append(l); err != nil {
				t.Error(err)
			}
		}
	}
	add(records[:450])
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	next := 440
	for h, err := range s.Searcher(nil).Tail(ctx, &search.Request{Limit: 10}) {
		if err != nil {
			t.Fatal(err)
		}
		var r struct{ N int }
		if err := json.Unmarshal(h.Line, &r); err != nil || r.N != next {
			t.Fatalf("record %d is shown, want %d: %v", r.N, next, err)
		}
		if next++; next == 450 || next == 600 {
			upTo := 600
			if next == 600 {
				upTo = 900
			}
			go add(records[next:upTo])
		}
		if next == 900 {
			break
		}
	}
}
