package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// herdReady is what the herd prints once all of its connections are open.
const herdReady = "all open"

// pace is the time between two bytes of the slow.
const pace = time.Second

// perAddress is how many connections the herd has from each of its addresses:
// fewer than a gateway allows by default.
const perAddress = 250

// herdCommand holds very many connections that do as little as they can, from
// many addresses of 127.0.0.0/8, and opens anew what is closed on it. Half are
// idle after a request; the others send a header or a body, one byte at a time,
// and some of the bodies come from somebody who is let in.
func herdCommand(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("herd", flag.ContinueOnError)
	address := flags.String("address", "", "the gateway")
	many := flags.Int("connections", 0, "how many")
	if err := flags.Parse(args); err != nil {
		return err
	}
	h := &herd{address: *address, dialing: make(chan struct{}, 64)}
	var members, open sync.WaitGroup
	for i := range *many {
		open.Add(1)
		members.Go(func() { h.member(ctx, i, sync.OnceFunc(open.Done)) })
	}
	open.Wait()
	_, _ = fmt.Fprintln(out, herdReady)
	members.Wait()
	_, _ = fmt.Fprintf(out, "%d were opened anew\n", h.again.Load())
	return nil
}

type herd struct {
	address string
	dialing chan struct{} // a place for each connection that is being opened
	again   atomic.Int64
}

// member keeps one connection open, in its way, until the context ends. It
// calls opened when it has one for the first time.
func (h *herd) member(ctx context.Context, i int, opened func()) {
	defer opened()
	behave := h.manner(i)
	for ctx.Err() == nil {
		conn, err := h.dial(ctx, i)
		if err == nil {
			closing := context.AfterFunc(ctx, func() { _ = conn.Close() })
			behave(ctx, conn, opened)
			closing()
			_ = conn.Close()
		}
		h.again.Add(1)
		wait(ctx, pace)
	}
}

// manner is what the member of that number does with its connection.
func (h *herd) manner(i int) func(context.Context, net.Conn, func()) {
	asking := "Host: geo.example.org\r\nX-API-KEY: " + apiKey + "\r\n"
	writing := "POST " + contextPath + "/collections/lakes/items HTTP/1.1\r\nContent-Type: application/geo+json\r\nContent-Length: 100000\r\n"
	switch {
	case i%2 == 0:
		return idle("GET " + contextPath + itemsPath + " HTTP/1.1\r\n" + asking + "\r\n")
	case i%20 == 1: // one in twenty, so that they are fewer than the requests that may be under way
		return dripping(writing+asking+"\r\n", " ")
	case i%4 == 1:
		return dripping(writing+"Host: geo.example.org\r\n\r\n", " ")
	}
	return dripping("GET "+contextPath+itemsPath+" HTTP/1.1\r\n"+asking+"X-Slow: ", "x")
}

func (h *herd) dial(ctx context.Context, i int) (net.Conn, error) {
	select {
	case h.dialing <- struct{}{}:
		defer func() { <-h.dialing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i/perAddress))}
	return (&net.Dialer{LocalAddr: from, Timeout: 10 * time.Second}).DialContext(ctx, "tcp", h.address)
}

// idle asks once and then keeps the connection, silent, as long as it lasts.
func idle(request string) func(context.Context, net.Conn, func()) {
	return func(_ context.Context, conn net.Conn, opened func()) {
		if _, err := io.WriteString(conn, request); err != nil {
			return
		}
		var answer [16 << 10]byte
		if _, err := conn.Read(answer[:]); err != nil {
			return
		}
		opened()
		_, _ = io.Copy(io.Discard, conn)
	}
}

// dripping sends a beginning at once, and then the same byte again and again.
func dripping(beginning, drop string) func(context.Context, net.Conn, func()) {
	return func(ctx context.Context, conn net.Conn, opened func()) {
		if _, err := io.WriteString(conn, beginning); err != nil {
			return
		}
		opened()
		for ctx.Err() == nil {
			if _, err := io.WriteString(conn, drop); err != nil {
				return
			}
			wait(ctx, pace)
		}
	}
}

// wait says whether all of the time passed.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
