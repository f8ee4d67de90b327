/// Brings answers that are ready in any order back into the order of their requests.
///
/// A value without a lock: the shell around it sends what `next` returns, one thread at a time.
struct AnswerOrder<Answer> {
    private var ready: [UInt64: Answer] = [:]
    private var asked: UInt64 = 0
    private var sent: UInt64 = 0
    private var isSending = false
    private var hasEnded = false
    private var isFinished = false

    /// What the shell has to do.
    enum Step {
        /// Send this answer, then ask again.
        case send(Answer)
        /// End the call: everything has been answered. Given once.
        case finish
        /// Nothing, until something changes.
        case wait
    }

    /// A request has come; returns its place.
    mutating func requested() -> UInt64 {
        defer { asked += 1 }
        return asked
    }

    /// The answer to the request at a place is ready.
    mutating func answered(_ place: UInt64, _ answer: Answer) { ready[place] = answer }

    /// No further requests come.
    mutating func ended() { hasEnded = true }

    /// Takes the right to send; false while somebody else has it, who will send this answer too.
    mutating func beginSending() -> Bool {
        guard !isSending else { return false }
        isSending = true
        return true
    }

    /// The next thing to do; after `wait` and `finish` the right to send is given back.
    mutating func next() -> Step {
        if let answer = ready.removeValue(forKey: sent) {
            sent += 1
            return .send(answer)
        }
        isSending = false
        guard hasEnded, sent == asked, !isFinished else { return .wait }
        isFinished = true
        return .finish
    }
}
