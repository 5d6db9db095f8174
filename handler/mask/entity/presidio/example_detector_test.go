package presidio_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/sluicelog/sluice/handler/mask/entity/presidio"
)

// An analyzer, here one that always answers the same, finds a person.
func ExampleNew() {
	analyzer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `[{"entity_type":"PERSON","start":8,"end":20,"score":0.85}]`)
	}))
	defer analyzer.Close()
	client := analyzer.Client()
	defer client.CloseIdleConnections()
	d, err := presidio.New(&presidio.Options{URL: analyzer.URL, Client: client})
	if err != nil {
		fmt.Println(err)
		return
	}
	const text = "call to Ada Lovelace failed"
	entities, err := d.Find(context.Background(), text, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range entities {
		fmt.Println(e.Type, text[e.Start:e.End])
	}
	// Output: PERSON Ada Lovelace
}
