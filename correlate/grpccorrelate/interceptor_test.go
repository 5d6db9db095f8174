package grpccorrelate_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/sluicelog/sluice/correlate"
	"github.com/sluicelog/sluice/correlate/grpccorrelate"
	"github.com/sluicelog/sluice/handler/enrich"
	"github.com/sluicelog/sluice/slogrec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type text = wrapperspb.StringValue

// echo is a service of a unary call and a stream, both of which log and answer with the request identifier that they have.
var echo = grpc.ServiceDesc{
	ServiceName: "echo.Echo",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{MethodName: "Say", Handler: func(srv any, ctx context.Context, dec func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		in := new(text)
		if err := dec(in); err != nil {
			return nil, err
		}
		say := func(ctx context.Context, req any) (any, error) {
			srv.(*slog.Logger).InfoContext(ctx, "said", "n", req.(*text).Value)
			return wrapperspb.String(correlate.From(ctx).Request), nil
		}
		if interceptor == nil {
			return say(ctx, in)
		}
		return interceptor(ctx, in, &grpc.UnaryServerInfo{FullMethod: "/echo.Echo/Say"}, say)
	}}},
	Streams: []grpc.StreamDesc{{StreamName: "Talk", ServerStreams: true, ClientStreams: true, Handler: func(srv any, s grpc.ServerStream) error {
		for {
			in := new(text)
			if err := s.RecvMsg(in); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			srv.(*slog.Logger).InfoContext(s.Context(), "talked", "n", in.Value)
			if err := s.SendMsg(wrapperspb.String(correlate.From(s.Context()).Request)); err != nil {
				return err
			}
		}
	}}},
}

// serve starts the service and returns a connection to it and what it logs.
func serve(t *testing.T, server []grpc.ServerOption, client []grpc.DialOption) (*grpc.ClientConn, *slogrec.Recorder) {
	t.Helper()
	rec := slogrec.New()
	srv := grpc.NewServer(server...)
	srv.RegisterService(&echo, slog.New(enrich.NewHandler(rec, &enrich.Options{OmitProcess: true})))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(srv.Stop)
	conn, err := grpc.NewClient(l.Addr().String(), append(client, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, rec
}

func say(t *testing.T, ctx context.Context, conn *grpc.ClientConn, header *metadata.MD) string {
	t.Helper()
	out := new(text)
	if err := conn.Invoke(ctx, "/echo.Echo/Say", wrapperspb.String("1"), out, grpc.Header(header)); err != nil {
		t.Fatal(err)
	}
	return out.Value
}

func talk(t *testing.T, ctx context.Context, conn *grpc.ClientConn, messages int) (answers []string, header metadata.MD) {
	t.Helper()
	s, err := conn.NewStream(ctx, &echo.Streams[0], "/echo.Echo/Talk")
	if err != nil {
		t.Fatal(err)
	}
	for i := range messages {
		if err := s.SendMsg(wrapperspb.String(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		out := new(text)
		if err := s.RecvMsg(out); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, out.Value)
	}
	_ = s.CloseSend()
	header, _ = s.Header()
	_ = s.RecvMsg(new(text))
	return answers, header
}

func TestACallCarriesItsRequest(t *testing.T) {
	for name, trusted := range map[string]bool{"stranger": false, "trusted": true} {
		t.Run(name, func(t *testing.T) {
			conn, rec := serve(t, grpccorrelate.ServerOptions(nil), grpccorrelate.DialOptions(&grpccorrelate.ClientConfig{Trusted: trusted}))
			ctx, end := correlate.Begin(correlate.With(t.Context(), correlate.IDs{User: "u-1"}))
			defer end()
			ctx = metadata.AppendToOutgoingContext(ctx, "own", "kept", "baggage", "user_id=root")
			var header metadata.MD
			want := correlate.From(ctx).Request
			if got := say(t, ctx, conn, &header); got != want || strings.Join(header.Get("x-request-id"), " ") != want {
				t.Errorf("request %s, header %v, want %s", got, header, want)
			}
			answers, streamHeader := talk(t, ctx, conn, 3)
			if fmt.Sprint(answers) != fmt.Sprint([]string{want, want, want}) || strings.Join(streamHeader.Get("x-request-id"), " ") != want {
				t.Errorf("%v %v", answers, streamHeader)
			}
			sent := map[string]string{}
			correlate.Inject(ctx, correlate.Map(sent))
			parts := strings.Split(sent["traceparent"], "-")
			spans := map[any]bool{}
			for _, r := range rec.RequireCount(t, 4, slogrec.Attr("request_id", want), slogrec.Attr("trace_id", parts[1]), slogrec.Attr("parent_span_id", parts[2]), slogrec.Attr("transaction_id", parts[1])) {
				span, _ := r.Get("span_id")
				spans[span] = true
				if user, _ := r.Get("user_id"); trusted != (user == "u-1") {
					t.Errorf("user %v", user)
				}
			}
			if len(spans) != 2 {
				t.Errorf("%d spans for a call and a stream", len(spans))
			}
		})
	}
}

func TestAPublicServerLinksAndMakesItsOwn(t *testing.T) {
	conn, rec := serve(t, grpccorrelate.ServerOptions(&grpccorrelate.ServerConfig{PublicEndpoint: true}), grpccorrelate.DialOptions(&grpccorrelate.ClientConfig{Trusted: true}))
	ctx, end := correlate.Begin(correlate.With(t.Context(), correlate.IDs{User: "root"}))
	defer end()
	var header metadata.MD
	if got := say(t, ctx, conn, &header); got == correlate.From(ctx).Request || got == "" {
		t.Errorf("request %q", got)
	}
	rec.RequireCount(t, 1, slogrec.HasAttr("trace_link"), slogrec.Not(slogrec.HasAttr("user_id")))
}

func TestHostileMetadataIsRefused(t *testing.T) {
	conn, rec := serve(t, append(grpccorrelate.ServerOptions(nil), grpc.MaxHeaderListSize(8<<20)), nil)
	for name, md := range map[string]metadata.MD{
		"nothing": nil, "two requests": {"x-request-id": {"a", "b"}}, "a long request": {"x-request-id": {strings.Repeat("a", 1<<20)}}, "odd characters": {"x-request-id": {`a"b`}},
		"a zero trace": {"traceparent": {"00-00000000000000000000000000000000-0000000000000000-01"}}, "thousands of members": {"baggage": {strings.Repeat("k=v,", 5000) + "user_id=root"}},
	} {
		rec.Reset()
		var header metadata.MD
		if got := say(t, metadata.NewOutgoingContext(t.Context(), md), conn, &header); len(got) != 36 {
			t.Errorf("%s: request %q", name, got)
		}
		rec.RequireCount(t, 1, slogrec.Not(slogrec.HasAttr("user_id")), slogrec.Func("a trace", func(r slogrec.Record) bool {
			v, _ := r.Get("trace_id")
			s, _ := v.(string)
			return len(s) == 32 && s != strings.Repeat("0", 32)
		}))
	}
}
