package correlate_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/sluicelog/sluice/correlate"
)

// Two services: what the gateway was asked for is known to the store by the same identifier. The user's name goes there
// too, since the store's host is trusted.
func Example_http() {
	store := httptest.NewServer(correlate.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ids := correlate.From(r.Context())
		fmt.Println("store:", ids.Request, ids.User)
	}), nil))
	defer store.Close()

	client := &http.Client{Transport: correlate.Transport(nil, &correlate.TransportOptions{TrustedHosts: []string{"127.0.0.1"}})}
	gateway := httptest.NewServer(correlate.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx := correlate.With(r.Context(), correlate.IDs{User: "u-17"}) // known once the caller is authenticated
		req, _ := http.NewRequestWithContext(ctx, "GET", store.URL, nil)
		resp, err := client.Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
	}), &correlate.HandlerOptions{PublicEndpoint: true, TrustRequestID: true}))
	defer gateway.Close()

	req, _ := http.NewRequest("GET", gateway.URL, nil)
	req.Header.Set("X-Request-ID", "order-4711")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = resp.Body.Close()
	fmt.Println("client:", resp.Header.Get("X-Request-ID"))
	http.DefaultClient.CloseIdleConnections()
	// Output:
	// store: order-4711 u-17
	// client: order-4711
}
