package grpccorrelate_test

import (
	"fmt"

	"google.golang.org/grpc"

	"github.com/sluicelog/sluice/correlate/grpccorrelate"
)

// A server that strangers can reach, and a client of a server that may know who the user is.
func Example() {
	srv := grpc.NewServer(grpccorrelate.ServerOptions(&grpccorrelate.ServerConfig{PublicEndpoint: true})...)
	defer srv.Stop()
	dial := grpccorrelate.DialOptions(&grpccorrelate.ClientConfig{Trusted: true})
	fmt.Println(len(dial), "options")
	// Output: 2 options
}
