import com.google.common.collect.ImmutableList;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.StringValue;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCalls;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Makes each call of the list in the request, as the Rust service does. Exits at the end of its input.
 */
final class Service {
    /** The values of each header by its name. */
    interface Headers extends Function<String, List<String>> {}

    private static final TextMapGetter<Headers> GETTER =
            new TextMapGetter<>() {
                @Override
                public String get(Headers headers, String name) {
                    return headers.apply(name).stream().findFirst().orElse(null);
                }

                @Override
                public Iterator<String> getAll(Headers headers, String name) {
                    return headers.apply(name).iterator();
                }
            };

    private static final MethodDescriptor<StringValue, StringValue> MAKE =
            MethodDescriptor.<StringValue, StringValue>newBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName("calls.Calls/Make")
                    .setRequestMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
                    .setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
                    .build();

    private static final io.grpc.Context.Key<Metadata> METADATA = io.grpc.Context.key("metadata");

    private final HttpClient client = HttpClient.newHttpClient();
    private final Gson gson = new Gson();
    private final OpenTelemetrySdk telemetry =
            AutoConfiguredOpenTelemetrySdk.builder()
                    .disableShutdownHook()
                    .build()
                    .getOpenTelemetrySdk();
    private final TextMapPropagator propagator =
            telemetry.getPropagators().getTextMapPropagator();
    private final Tracer tracer = telemetry.getTracer("java");

    private String overHttp(String url, String body) throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create(url))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body));
        propagator.inject(Context.current(), request, HttpRequest.Builder::setHeader);
        var response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(url + ": " + response.statusCode());
        }
        return response.body();
    }

    private String overGrpc(String target, String body) {
        var metadata = new Metadata();
        propagator.inject(Context.current(), metadata, (to, name, value) -> to.put(key(name), value));
        var channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create()).build();
        try {
            var intercepted =
                    ClientInterceptors.intercept(
                            channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
            return ClientCalls.blockingUnaryCall(
                            intercepted, MAKE, CallOptions.DEFAULT, StringValue.of(body))
                    .getValue();
        } finally {
            channel.shutdown();
        }
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    private String call(String url, String arguments) throws Exception {
        var span = tracer.spanBuilder("java.call").setSpanKind(SpanKind.CLIENT).startSpan();
        try (var scope = span.makeCurrent()) {
            return url.startsWith("grpc://")
                    ? overGrpc(url.substring("grpc://".length()), arguments)
                    : overHttp(url, arguments);
        } finally {
            span.end();
        }
    }

    /** Makes the calls in order, and returns what this service and all that it called received. */
    private String makeCalls(Headers headers, String body) throws Exception {
        var own = new JsonObject();
        own.addProperty("service", "java");
        for (var name : List.of("traceparent", "tracestate", "baggage")) {
            var values = headers.apply(name);
            if (!values.isEmpty()) {
                own.addProperty(name, String.join(",", values));
            }
        }
        var all = new JsonArray();
        all.add(own);

        var context = propagator.extract(Context.root(), headers, GETTER);
        var span =
                tracer.spanBuilder("java.serve")
                        .setParent(context)
                        .setSpanKind(SpanKind.SERVER)
                        .startSpan();
        try (var scope = context.with(span).makeCurrent()) {
            for (var each : gson.fromJson(body, JsonArray.class)) {
                var call = each.getAsJsonObject();
                var answer = call(call.get("url").getAsString(), call.get("arguments").toString());
                all.addAll(gson.fromJson(answer, JsonArray.class));
            }
        } finally {
            span.end();
        }
        return all.toString();
    }

    private void answer(HttpExchange exchange) throws IOException {
        Headers headers =
                name -> Objects.requireNonNullElse(exchange.getRequestHeaders().get(name), List.of());
        var answer = new byte[0];
        try {
            var body = new String(exchange.getRequestBody().readAllBytes());
            answer = makeCalls(headers, body).getBytes();
        } catch (Exception error) {
            error.printStackTrace();
        }
        exchange.sendResponseHeaders(answer.length > 0 ? 200 : 502, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    private StringValue answer(StringValue request) {
        var metadata = METADATA.get();
        Headers headers =
                name ->
                        ImmutableList.copyOf(
                                Objects.requireNonNullElse(metadata.getAll(key(name)), List.of()));
        try {
            return StringValue.of(makeCalls(headers, request.getValue()));
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private static final class WithMetadata implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
            var context = io.grpc.Context.current().withValue(METADATA, metadata);
            return Contexts.interceptCall(context, call, metadata, next);
        }
    }

    private Server serveGrpc() throws IOException {
        var service =
                ServerServiceDefinition.builder("calls.Calls")
                        .addMethod(
                                MAKE,
                                ServerCalls.asyncUnaryCall(
                                        (request, responses) -> {
                                            responses.onNext(answer(request));
                                            responses.onCompleted();
                                        }))
                        .build();
        return io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder.forAddress(
                        new InetSocketAddress("127.0.0.1", 0), InsecureServerCredentials.create())
                .addService(ServerInterceptors.intercept(service, new WithMetadata()))
                .build()
                .start();
    }

    public static void main(String[] arguments) throws Exception {
        var service = new Service();
        var http = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        http.setExecutor(Executors.newCachedThreadPool());
        http.createContext("/", service::answer);
        http.start();
        var grpc = service.serveGrpc();
        System.out.printf("127.0.0.1:%d 127.0.0.1:%d%n", http.getAddress().getPort(), grpc.getPort());
        while (System.in.read() != -1) {}
        service.telemetry.shutdown().join(20, TimeUnit.SECONDS);
        System.exit(0);
    }
}
