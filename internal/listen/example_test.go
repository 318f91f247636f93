package listen_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/geowarden/geowarden/internal/listen"
)

// A server without a limit of its own has those of Config's comments.
func Example() {
	server := listen.New(listen.Config{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, "%s over %s", r.URL.Path, r.Proto)
		}),
		MaxConnectionsPerAddress: 100,
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error)
	go func() { ended <- server.Serve(listener) }()

	res, err := http.Get("http://" + listener.Addr().String() + "/collections")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	fmt.Println(string(body), err)
	fmt.Println(server.Shutdown(context.Background()))
	fmt.Println(<-ended)
	// Output:
	// /collections over HTTP/1.1 <nil>
	// <nil>
	// http: Server closed
}
