package opensearchtest

import (
	"io"
	"log"
	"time"
)

// A Fault decides what a request that meets it comes to.
type Fault func(*exchange)

var discardLog = log.New(io.Discard, "", 0)

func pass(x *exchange) {
	if a, ok := x.forward(); ok {
		x.start(a)
		_, _ = x.w.Write(a.body)
	}
}

// Pass forwards the request, to let some through between faults.
func Pass() Fault { return pass }

// Status answers with a status and an empty body, in the node's place.
func Status(code int) Fault { return Answer(code, "", "") }

// Answer answers with a status and a body, in the node's place. contentType may be empty.
func Answer(code int, contentType, body string) Fault {
	return func(x *exchange) {
		_, _ = io.Copy(io.Discard, x.r.Body)
		if contentType != "" {
			x.w.Header().Set("Content-Type", contentType)
		}
		x.w.WriteHeader(code)
		_, _ = io.WriteString(x.w, body)
	}
}

// Hang takes the request, which does not reach the node, and never answers.
func Hang() Fault {
	return func(x *exchange) {
		_, _ = io.Copy(io.Discard, x.r.Body)
		x.hang()
	}
}

// HangReply forwards the request and never answers: the node has done what it was asked to.
func HangReply() Fault {
	return func(x *exchange) {
		if _, ok := x.forward(); ok {
			x.hang()
		}
	}
}

// ResetRequest reads n bytes of the request's body, which does not reach the node, and resets the connection.
func ResetRequest(n int64) Fault {
	return func(x *exchange) {
		_, _ = io.CopyN(io.Discard, x.r.Body, n)
		x.reset()
	}
}

// LoseReply forwards the request and resets the connection before a byte of the answer: the node has done what it was asked to.
func LoseReply() Fault {
	return func(x *exchange) {
		if _, ok := x.forward(); ok {
			x.reset()
		}
	}
}

// ResetReply forwards the request and resets the connection in the middle of the answer's body.
func ResetReply() Fault {
	return func(x *exchange) {
		if a, ok := x.forward(); ok {
			x.part(a, len(a.body)/2)
			x.reset()
		}
	}
}

// HalfReply forwards the request and closes the connection in order, with half of the answer's body unsent.
func HalfReply() Fault {
	return func(x *exchange) {
		a, ok := x.forward()
		if !ok {
			return
		}
		x.part(a, len(a.body)/2)
		if conn, err := x.hijack(); err == nil {
			_ = conn.Close()
		}
	}
}

// Slow forwards the request and sends the answer's body in pieces, with a pause before each.
func Slow(pieces int, pause time.Duration) Fault {
	return func(x *exchange) {
		a, ok := x.forward()
		if !ok {
			return
		}
		x.start(a)
		for i := range pieces {
			select {
			case <-time.After(pause):
			case <-x.ended:
			case <-x.r.Context().Done():
				return
			}
			from, to := i*len(a.body)/pieces, (i+1)*len(a.body)/pieces
			x.send(a.body[from:to])
		}
	}
}

// Edit forwards the request and answers with what edit makes of the node's status and body, such as a partial failure.
func Edit(edit func(status int, body []byte) (int, []byte)) Fault {
	return func(x *exchange) {
		a, ok := x.forward()
		if !ok {
			return
		}
		a.status, a.body = edit(a.status, a.body)
		x.start(a)
		_, _ = x.w.Write(a.body)
	}
}
