/// A connection as the listener's registry knows it, whatever it speaks.
protocol ListenerConnection: AnyObject, Sendable {
    /// From any thread: finishes what is under way, then closes.
    func drain()
    /// From any thread: closes now, whatever is under way.
    func forceClose()
}
