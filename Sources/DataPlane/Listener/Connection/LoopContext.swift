import NIOCore
import NIOPosix

/// What the connections of one event loop share, so that a reply allocates nothing for its head.
///
/// `@unchecked Sendable`: found only through a thread-specific variable, used only on that thread.
final class LoopContext: @unchecked Sendable {
    private static let current = ThreadSpecificVariable<LoopContext>()

    var date = HTTPDate()
    /// Where replies are serialised; while a write still holds it, the next use makes a new one.
    var output = ByteBuffer()
    /// Kept for its capacity while no HTTP/2 connection takes its mail.
    var answers: [AnswerMailbox.Entry] = []
    lazy var deflater = Deflater()

    /// The one of the calling thread, which must be an event loop's.
    static func ofThisThread() -> LoopContext {
        if let context = current.currentValue { return context }
        let context = LoopContext()
        current.currentValue = context
        return context
    }
}
