package store_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/sluicelog/sluice/search"
	"github.com/sluicelog/sluice/store"
)

// Keep one tenant's records for a day and errors for a year, whatever the others' age is, and hold what a court asks for.
func ExamplePlaceHold() {
	dir, err := os.MkdirTemp("", "logs")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(dir, &store.Options{Retention: store.Retention{
		MaxAge: 30 * 24 * time.Hour,
		Classes: []store.Class{
			{Query: search.MustParse("tenant:acme"), KeepFor: 24 * time.Hour},
			{Query: search.MustParse("level>=error"), KeepFor: 365 * 24 * time.Hour},
		},
	}})
	if err != nil {
		panic(err)
	}
	defer s.Close(context.Background())
	if err := s.Append([]byte(`{"time":"2020-01-02T03:04:05Z","level":"INFO","msg":"order","tenant":"acme","order":7}`)); err != nil {
		panic(err)
	}
	hold, err := store.PlaceHold(context.Background(), dir, store.Hold{Query: search.MustParse("order:7"), Reason: "case 2026/7", By: "counsel"})
	if err != nil {
		panic(err)
	}
	receipt, err := s.Erase(context.Background(), "tenant", "acme")
	fmt.Println(receipt.Records, "erased,", receipt.Held, "held,", err)
	if _, err := store.LiftHold(context.Background(), dir, hold.ID); err != nil {
		panic(err)
	}
	receipt, err = s.Erase(context.Background(), "tenant", "acme")
	fmt.Println(receipt.Records, "erased,", receipt.Held, "held,", err)
	// Output:
	// 0 erased, 1 held, <nil>
	// 1 erased, 0 held, <nil>
}
