extension TensorFlowServingFlag {
    static let listening: [TensorFlowServingFlag] = [
        .init("port", .integer, "8500", .honoured("Port of gRPC; 0 switches it off.")),
        .init("grpc_socket_path", .text, "", .honoured("Unix socket on which gRPC is served.")),
        .init(
            "rest_api_port", .integer, "0",
            .honoured("Port of the REST protocols; 0 switches them off.")),
        .init("rest_api_num_threads", .integer, "", .warned(threads)),
        .init(
            "rest_api_timeout_in_ms", .integer, "30000",
            .honoured("How long a REST request may take.")),
        .init(
            "rest_api_enable_cors_support", .boolean, "false",
            .honoured("Lets pages of other origins use the REST protocols.")),
        .init("grpc_max_threads", .integer, "", .warned(threads)),
        .init(
            "grpc_channel_arguments", .text, "",
            .warned(
                "gRPC's connections have fixed settings; messages are bounded by 'limits.body' of "
                    + "slipway.yaml")),
        .init(
            "ssl_config_file", .text, "",
            .honoured("Certificates of the gRPC port, as PEM in text protobuf.")),
        .init(
            "use_alts_credentials", .boolean, "false",
            .refused("Google's ALTS is not offered; use --ssl_config_file")),
        .init(
            "enable_grpc_healthcheck_service", .boolean, "false",
            .honoured("gRPC's health service; it is always served, so false changes nothing.")),
        .init(
            "enable_serialization_as_tensor_content", .boolean, "false",
            .honoured("Replies of Predict carry tensor_content instead of typed fields.")),
    ]

    static let models: [TensorFlowServingFlag] = [
        .init("model_name", .text, "default", .honoured("The name of the one model.")),
        .init(
            "model_base_path", .text, "",
            .honoured("Absolute directory of the one model's versions.")),
        .init(
            "model_config_file", .text, "",
            .honoured("List of models, as text protobuf or YAML; wins over the one model.")),
        .init(
            "model_config_file_poll_wait_seconds", .integer, "0",
            .honoured("Pause between looks at that file; 0 looks at start and on SIGHUP only.")),
        .init(
            "allow_version_labels_for_unavailable_models", .boolean, "false",
            .honoured("A new label may name a version that is not available yet.")),
        .init(
            "num_load_threads", .integer, "0",
            .honoured("Versions that load or unload at a time; 0 chooses.")),
        .init(
            "num_unload_threads", .integer, "0",
            .honoured("As num_load_threads; the larger of both counts.")),
        .init(
            "max_num_load_retries", .integer, "5",
            .honoured("Further attempts after a load that failed.")),
        .init(
            "load_retry_interval_micros", .integer, "60000000",
            .honoured("The pause between two attempts.")),
        .init(
            "file_system_poll_wait_seconds", .integer, "1",
            .honoured("Pause between looks at model directories; 0 looks once.")),
        .init(
            "flush_filesystem_caches", .boolean, "true",
            .warned("the page cache is left to the system")),
        .init(
            "enable_model_warmup", .boolean, "true",
            .honoured("Whether requests are run before a version is available.")),
        .init(
            "num_request_iterations_for_warmup", .integer, "1",
            .honoured("How often each warm-up request is run.")),
    ]

    static let batching: [TensorFlowServingFlag] = [
        .init(
            "enable_batching", .boolean, "false",
            .honoured("Whether requests that wait share a run.")),
        .init(
            "batching_parameters_file", .text, "",
            .honoured("Sizes of batches and queues; needs enable_batching.")),
        .init(
            "enable_per_model_batching_parameters", .boolean, "false",
            .refused(
                "files beside a version's model do not change how it is scheduled; give each model "
                    + "its 'batching' in slipway.yaml")),
    ]

    static let files: [TensorFlowServingFlag] = [
        .init(
            "monitoring_config_file", .text, "",
            .honoured("Whether and where the REST port shows metrics for Prometheus.")),
        .init(
            "platform_config_file", .text, "",
            .honoured("Of this file only batching_parameters have a meaning here.")),
        .init(
            "tensorflow_session_config_file", .text, "",
            .honoured("Checked; a warning names the options, which have no effect.")),
        .init(
            "thread_pool_factory_config_file", .text, "",
            .refused("thread pools are not replaceable; remove the flag")),
    ]

    private static let threads = "threads follow the machine's processors; use --cpus or 'cpus'"
    private static let tensorFlow = "there are no TensorFlow sessions to set up"
    private static let compiler = "TensorFlow's compiler is not part of this program"

    static let sessions: [TensorFlowServingFlag] = [
        .init("tensorflow_session_parallelism", .integer, "0", .warned(threads)),
        .init("tensorflow_intra_op_parallelism", .integer, "0", .warned(threads)),
        .init("tensorflow_inter_op_parallelism", .integer, "0", .warned(threads)),
        .init("per_process_gpu_memory_fraction", .decimal, "0", .warned(tensorFlow)),
        .init(
            "saved_model_tags", .text, "serve",
            .honoured("Option `tags` of engine `tensorflow`, for every model.")),
        .init(
            "remove_unused_fields_from_bundle_metagraph", .boolean, "true", .warned(tensorFlow)),
        .init("prefer_tflite_model", .boolean, "false", .warned("no engine here reads TFLite")),
        .init("num_tflite_pools", .integer, "1", .warned("no engine here reads TFLite")),
        .init(
            "num_tflite_interpreters_per_pool", .integer, "1",
            .warned("no engine here reads TFLite")),
        .init(
            "enable_signature_method_name_check", .boolean, "false",
            .warned("signatures are checked by their inputs and outputs")),
        .init("xla_cpu_compilation_enabled", .boolean, "false", .warned(compiler)),
        .init("xla_gpu_compilation_enabled", .boolean, "false", .warned(compiler)),
        .init("mixed_precision", .text, "", .warned(compiler)),
        .init("skip_initialize_tpu", .boolean, "false", .warned("no engine here uses TPUs")),
    ]

    static let others: [TensorFlowServingFlag] = [
        .init(
            "enable_profiler", .boolean, "true",
            .warned("TensorFlow's profiler service is not offered; look at the metrics")),
        .init("version", .boolean, "false", .honoured("Prints the version and ends.")),
        .init("help", .boolean, "false", .honoured("Prints the flags and ends.")),
    ]
}
