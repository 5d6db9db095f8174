package store_test

import (
	"context"
	"fmt"
	"os"

	"github.com/sluicelog/sluice/store"
)

// Write records, and read them while the store is open, as any other process can.
func ExampleOpenReader() {
	dir, err := os.MkdirTemp("", "logs")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(dir, nil)
	if err != nil {
		panic(err)
	}
	defer s.Close(context.Background())
	for _, line := range []string{`{"level":"INFO","msg":"upload"}`, `plain text, too`, `{ "spaced" : 1.50 }`} {
		if err := s.Append([]byte(line)); err != nil {
			panic(err)
		}
	}
	if err := s.Flush(context.Background()); err != nil {
		panic(err)
	}

	r, err := store.OpenReader(dir)
	if err != nil {
		panic(err)
	}
	defer r.Close()
	snap, err := r.Snapshot()
	if err != nil {
		panic(err)
	}
	defer snap.Close()
	for line, err := range snap.Lines() {
		if err != nil {
			panic(err)
		}
		fmt.Printf("%d %s\n", line.Seq, line.Text)
	}
	// Output:
	// 1 {"level":"INFO","msg":"upload"}
	// 2 plain text, too
	// 3 { "spaced" : 1.50 }
}

// Erase the records of a person and keep the receipt.
func ExampleStore_Erase() {
	dir, err := os.MkdirTemp("", "logs")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(dir, nil)
	if err != nil {
		panic(err)
	}
	defer s.Close(context.Background())
	for i := range 100 {
		if err := s.Append(fmt.Appendf(nil, `{"msg":"login","user_id":"u_%d"}`, i%4)); err != nil {
			panic(err)
		}
	}
	receipt, err := s.Erase(context.Background(), "user_id", "u_3")
	fmt.Println(receipt.Records, "records erased,", err)
	// Output:
	// 25 records erased, <nil>
}
