import ServingCore

extension TritonModelConfiguration {
    mutating func readInstances(_ root: SettingsMessage) throws(ServingError) {
        var total = 0
        for group in try root.messages("instance_group") {
            try group.check(
                ["name", "kind", "count", "gpus"],
                refused: [
                    "rate_limiter": "runs are limited by 'count' only",
                    "secondary_devices": "there are no GPU engines",
                    "profile": "it has a meaning for TensorRT only",
                    "passive": "every instance takes requests",
                    "host_policy": "threads are not bound to processors per model",
                ])
            let kind = try group.word(
                "kind", of: ["KIND_AUTO", "KIND_CPU", "KIND_MODEL", "KIND_GPU"])
            guard kind != "KIND_GPU", group.values("gpus").isEmpty else {
                throw group.wrong(
                    kind == "KIND_GPU" ? "kind" : "gpus",
                    "asks for a GPU, which no engine here uses; write KIND_CPU")
            }
            total += try group.integer("count", in: 0...1024) ?? 0
        }
        guard total <= 1024 else {
            throw root.wrong("instance_group", "asks for \(total) instances; at most 1024")
        }
        instances = total > 0 ? total : nil
    }

    mutating func readBatching(_ root: SettingsMessage) throws(ServingError) {
        guard let batching = try root.message("dynamic_batching") else { return }
        try batching.check(
            [
                "preferred_batch_size", "max_queue_delay_microseconds", "default_queue_policy",
                "preserve_ordering",
            ],
            refused: [
                "priority_levels": "all requests have one priority",
                "default_priority_level": "all requests have one priority",
                "priority_queue_policy": "all requests have one priority",
            ])
        let maximum = maxBatchSize ?? 0
        guard maximum > 0 else {
            throw root.wrong("dynamic_batching", "needs 'max_batch_size' above 0")
        }
        isBatchedDynamically = true
        try readHints(batching, maximum)
        guard try !batching.boolean("preserve_ordering") else {
            throw batching.wrong(
                "preserve_ordering", "must stay false: answers are given as they are ready")
        }
        if let policy = try batching.message("default_queue_policy") { try readQueue(policy) }
    }

    /// Reads what only tunes the original's batcher, and says that it has no effect.
    private mutating func readHints(_ batching: SettingsMessage, _ maximum: Int)
        throws(ServingError)
    {
        let preferred = try batching.integers("preferred_batch_size", in: 1...65_536)
        if let tooLarge = preferred.first(where: { $0 > maximum }) {
            throw batching.wrong(
                "preferred_batch_size", "is \(tooLarge), more than 'max_batch_size', \(maximum)")
        }
        if !preferred.isEmpty {
            remarks.append(
                "'dynamic_batching.preferred_batch_size' has no effect: requests that wait run "
                    + "together as soon as an instance is free, up to 'max_batch_size' rows")
        }
        if try batching.integer("max_queue_delay_microseconds", in: 0...Int.max) ?? 0 > 0 {
            remarks.append(
                "'dynamic_batching.max_queue_delay_microseconds' has no effect: an idle instance "
                    + "never waits for more requests")
        }
    }

    private mutating func readQueue(_ policy: SettingsMessage) throws(ServingError) {
        try policy.check(
            ["timeout_action", "max_queue_size", "allow_timeout_override"],
            refused: [
                "default_timeout_microseconds":
                    "requests bring their own deadline; 'limits.request_timeout' is the server's"
            ])
        let action = try policy.word("timeout_action", of: ["REJECT", "DELAY"])
        guard action != "DELAY" else {
            throw policy.wrong("timeout_action", "must be REJECT: late requests are never run")
        }
        _ = try policy.boolean("allow_timeout_override")
        let size = try policy.integer("max_queue_size", in: 0...1_000_000) ?? 0
        queueMaximum = size > 0 ? size : nil
    }
}
