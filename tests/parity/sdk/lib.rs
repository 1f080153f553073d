//! The items that the tests of tracing-opentelemetry import from OpenTelemetry's SDK, here with the tracer provider of
//! floe-telemetry. `.ci/parity` runs the tests.

pub use sdk::*;

pub mod trace {
    use std::sync::{Arc, Mutex, PoisonError, Weak};
    use std::time::Duration;

    use floe_telemetry::config;
    use floe_telemetry::trace::RecorderTracer;
    use floe_telemetry::trace::TelemetryProviderBuilder;
    use floe_telemetry::{TelemetryConfig, TelemetryProvider};
    use opentelemetry::trace::{SpanBuilder, TracerProvider};
    use opentelemetry::{Context, InstrumentationScope};
    use sdk::error::{OTelSdkError, OTelSdkResult};
    pub use sdk::trace::*;

    pub use floe_telemetry::trace::RecordedSpan as Span;

    const TIMEOUT: Duration = Duration::from_secs(10);

    /// The provider of the process. A test that creates two providers gets the same one twice.
    static CURRENT: Mutex<Weak<TelemetryProvider>> = Mutex::new(Weak::new());

    fn current() -> Option<Arc<TelemetryProvider>> {
        CURRENT.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }

    /// Exports pending spans when it is dropped, because the SDK's simple processor exports each span at its end.
    #[derive(Clone, Debug)]
    pub struct SdkTracerProvider(Arc<TelemetryProvider>);

    impl SdkTracerProvider {
        pub fn builder() -> TracerProviderBuilder {
            TracerProviderBuilder { config: TelemetryConfig::new("parity"), exporters: Vec::new() }
        }

        pub fn shutdown(&self) -> OTelSdkResult {
            let result = self.0.shutdown(TIMEOUT);
            result.map_err(|error| OTelSdkError::InternalFailure(error.to_string()))
        }
    }

    impl Drop for SdkTracerProvider {
        fn drop(&mut self) {
            let _ = self.0.force_flush(TIMEOUT);
        }
    }

    impl TracerProvider for SdkTracerProvider {
        type Tracer = Tracer;

        fn tracer_with_scope(&self, scope: InstrumentationScope) -> Tracer {
            Tracer {
                tracer: TelemetryProvider::tracer_provider().tracer_with_scope(scope),
                _provider: Arc::clone(&self.0),
            }
        }
    }

    #[derive(Clone, Debug)]
    pub struct Tracer {
        tracer: RecorderTracer,
        _provider: Arc<TelemetryProvider>,
    }

    impl opentelemetry::trace::Tracer for Tracer {
        type Span = Span;

        fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> Span {
            self.tracer.build_with_context(builder, parent)
        }
    }

    type Add = Box<dyn FnOnce(TelemetryProviderBuilder) -> TelemetryProviderBuilder>;

    pub struct TracerProviderBuilder {
        config: TelemetryConfig,
        exporters: Vec<Add>,
    }

    impl TracerProviderBuilder {
        pub fn with_simple_exporter(mut self, exporter: impl SpanExporter + 'static) -> Self {
            let add = |builder: TelemetryProviderBuilder| builder.with_span_exporter(exporter);
            self.exporters.push(Box::new(add));
            self
        }

        pub fn with_batch_exporter(self, exporter: impl SpanExporter + 'static) -> Self {
            self.with_simple_exporter(exporter)
        }

        pub fn with_sampler(mut self, sampler: Sampler) -> Self {
            assert_eq!(format!("{sampler:?}"), "ParentBased(AlwaysOff)");
            self.config.sampling.sampler = Some(config::Sampler::ParentBasedAlwaysOff);
            self
        }

        pub fn with_span_limits(self, _: SpanLimits) -> Self {
            self
        }

        pub fn with_max_events_per_span(self, _: u32) -> Self {
            self
        }

        pub fn build(self) -> SdkTracerProvider {
            if let Some(provider) = current() {
                return SdkTracerProvider(provider);
            }
            let configured = TelemetryProvider::builder(self.config);
            let builder = self.exporters.into_iter().fold(configured, |builder, add| add(builder));
            let provider = Arc::new(builder.initialize().unwrap());
            *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&provider);
            SdkTracerProvider(provider)
        }
    }

    #[derive(Clone, Debug, Default)]
    pub struct InMemorySpanExporter(sdk::trace::InMemorySpanExporter);

    impl InMemorySpanExporter {
        /// Flushes the provider, because the SDK would have exported each span at its end.
        pub fn force_flush(&self) -> OTelSdkResult {
            if let Some(provider) = current() {
                let _ = provider.force_flush(TIMEOUT);
            }
            Ok(())
        }

        pub fn get_finished_spans(&self) -> Result<Vec<SpanData>, OTelSdkError> {
            self.0.get_finished_spans()
        }
    }

    impl SpanExporter for InMemorySpanExporter {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.export(batch).await
        }
    }
}
