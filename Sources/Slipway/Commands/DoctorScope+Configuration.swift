extension DoctorScope {
    /// The ports that a configuration listens on; a port that the system chooses cannot be taken.
    public init(_ listen: ListenSettings) {
        let wanted = [
            (host: listen.host, port: listen.restPort, key: "listen.rest"),
            (host: listen.host, port: listen.grpc.number, key: "listen.grpc"),
            (host: listen.adminHost, port: listen.adminPort, key: "listen.admin"),
        ]
        ports = wanted.compactMap { host, port, key in
            guard let port, port > 0 else { return nil }
            return Port(host: host, port: port, key: key)
        }
    }
}
