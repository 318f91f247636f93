// Package listen is the side of the gateway that clients reach: connections,
// TLS, and the HTTP server's limits. Whatever a client does with a connection,
// slowly or many times over, it bounds before a request is made of it.
//
// It refuses TLS below 1.2 and suites without authenticated encryption, HTTP/2
// in the clear, and more connections of one address than are allowed. It knows
// nothing of requests: a client certificate opens the door and says nothing
// about who asks.
package listen
