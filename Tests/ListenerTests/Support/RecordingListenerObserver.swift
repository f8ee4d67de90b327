import Listener
import Synchronization

/// Remembers what a listener tells.
final class RecordingListenerObserver: ListenerObserver {
    private let lines = Mutex([String]())
    let records = Mutex([RequestRecord]())
    let wantsRecords = true

    var events: [String] { lines.withLock { $0 } }

    func connectionOpened() { lines.withLock { $0.append("opened") } }
    func connectionClosed() { lines.withLock { $0.append("closed") } }
    func requestRefused(status: Int) { lines.withLock { $0.append("refused \(status)") } }

    func requestRefused(status: Int, record: RequestRecord?) {
        requestRefused(status: status)
        if let record { records.withLock { $0.append(record) } }
    }

    func requestFinished(status: Int, nanoseconds: UInt64, record: RequestRecord?) {
        lines.withLock { $0.append("finished \(status)") }
        if let record { records.withLock { $0.append(record) } }
    }
}
