import ServingCore

/// The routes for whoever runs the server.
extension OpenAPIRoutes {
    /// Metrics and health, where the data port has them.
    var operations: [OpenAPIOperation] {
        let none = Self.plainErrors([])
        var routes = metricsPaths.map { path in
            OpenAPIOperation(
                method: "get", path: path, tag: Self.operation,
                summary: "Metrics in the text format of Prometheus",
                reply: [OpenAPIContent(mediaType: "text/plain", schema: Self.text)], errors: none)
        }
        if let livePath {
            let alive = OpenAPISchema.object([("status", Self.text)])
            routes.append(
                OpenAPIOperation(
                    method: "get", path: livePath, tag: Self.operation,
                    summary: "Whether the server runs", reply: [OpenAPIContent(schema: alive)],
                    errors: none))
        }
        if let readyPath {
            let ready = OpenAPIContent(
                schema: OpenAPISchema.object([
                    ("status", Self.text), ("reasons", OpenAPISchema.list(of: Self.text)),
                ]))
            routes.append(
                OpenAPIOperation(
                    method: "get", path: readyPath, tag: Self.operation,
                    summary: "Whether every model answers",
                    parameters: [
                        .object([
                            ("name", .text("verbose")), ("in", .text("query")),
                            ("schema", Self.text),
                        ])
                    ], reply: [ready],
                    furtherReplies: [(503, "A model does not answer", ready)], errors: none))
        }
        return routes
    }
}
