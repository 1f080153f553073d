// Makes each call of the list in the request, as the Rust service does, with the instrumentation that Go's programs use.
// Exits at the end of its input.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const method = "/calls.Calls/Make"

// A call, whose arguments are the calls that the called service makes.
type call struct {
	URL       string `json:"url"`
	Arguments []call `json:"arguments"`
}

// What a service received.
type received map[string]string

var client = http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}

func overHTTP(ctx context.Context, url string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("content-type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, response.Status)
	}
	return io.ReadAll(response.Body)
}

func overGRPC(ctx context.Context, target string, body []byte) ([]byte, error) {
	connection, err := grpc.NewClient(target,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler()))
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	response := new(wrapperspb.StringValue)
	err = connection.Invoke(ctx, method, wrapperspb.String(string(body)), response)
	return []byte(response.Value), err
}

// Makes the calls in order, and returns what this service and all that it called received.
func makeCalls(ctx context.Context, body []byte, headers func(string) []string) ([]byte, error) {
	own := received{"service": "go"}
	for _, name := range []string{"traceparent", "tracestate", "baggage"} {
		if values := headers(name); len(values) > 0 {
			own[name] = strings.Join(values, ",")
		}
	}
	all := []received{own}
	var calls []call
	if err := json.Unmarshal(body, &calls); err != nil {
		return nil, err
	}
	for _, each := range calls {
		arguments, err := json.Marshal(each.Arguments)
		if err != nil {
			return nil, err
		}
		var answer []byte
		if target, isGRPC := strings.CutPrefix(each.URL, "grpc://"); isGRPC {
			answer, err = overGRPC(ctx, target, arguments)
		} else {
			answer, err = overHTTP(ctx, each.URL, arguments)
		}
		if err != nil {
			return nil, err
		}
		var nested []received
		if err := json.Unmarshal(answer, &nested); err != nil {
			return nil, err
		}
		all = append(all, nested...)
	}
	return json.Marshal(all)
}

func serveHTTP(listener net.Listener) {
	answer := func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err == nil {
			body, err = makeCalls(request.Context(), body, request.Header.Values)
		}
		if err != nil {
			log.Print(err)
			writer.WriteHeader(http.StatusBadGateway)
			return
		}
		writer.Write(body)
	}
	log.Fatal(http.Serve(listener, otelhttp.NewHandler(http.HandlerFunc(answer), "serve")))
}

func serveGRPC(listener net.Listener) {
	answer := func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		request := new(wrapperspb.StringValue)
		if err := decode(request); err != nil {
			return nil, err
		}
		headers, _ := metadata.FromIncomingContext(ctx)
		body, err := makeCalls(ctx, []byte(request.Value), headers.Get)
		return wrapperspb.String(string(body)), err
	}
	server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler()))
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "calls.Calls",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Make", Handler: answer}},
	}, nil)
	log.Fatal(server.Serve(listener))
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

func main() {
	ctx := context.Background()
	exporter, err := otlptracegrpc.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(
		propagation.TraceContext{}, propagation.Baggage{}))

	overHTTP, overGRPC := listen(), listen()
	go serveHTTP(overHTTP)
	go serveGRPC(overGRPC)
	fmt.Printf("%s %s\n", overHTTP.Addr(), overGRPC.Addr())
	io.Copy(io.Discard, os.Stdin)
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}
