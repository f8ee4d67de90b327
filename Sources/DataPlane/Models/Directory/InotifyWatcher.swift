import Glibc
import ServingCore
import Synchronization

/// Watches directories through Linux's inotify, on a thread that sleeps until something happens.
///
/// Writes as such are not listened to, only their end: a large file that is being copied wakes nobody.
final class InotifyWatcher: DirectoryWatching {
    private struct State {
        var table = WatchTable()
        var isClosed = false
    }

    /// Most directories watched for one model; more are looked at every so often.
    static let directoriesMaximum = 256
    private static let events =
        UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM) | UInt32(IN_MOVED_TO)
        | UInt32(IN_CLOSE_WRITE) | UInt32(IN_ATTRIB) | UInt32(IN_DELETE_SELF)
        | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR)

    private let inotify: Int32
    private let wakeUpWriter: Int32
    private let state = Mutex(State())

    /// Starts the thread; `onChange` is called on it with a base directory.
    ///
    /// - Throws: `resource_exhausted` when the system has no inotify instance, descriptor or thread
    ///   left; polling takes its place then.
    init(onChange: @escaping @Sendable (String) -> Void) throws(ServingError) {
        inotify = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard inotify >= 0 else {
            throw ServingError(
                .resourceExhausted,
                "inotify is not to be had: \(String(cString: strerror(errno))); "
                    + "raise fs.inotify.max_user_instances")
        }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            Glibc.close(inotify)
            throw ServingError(
                .resourceExhausted, "cannot make a pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        wakeUpWriter = ends[1]
        let reader = ends[0]
        do throws(ServingError) {
            try NamedThread.start("model-watch") { [self] in
                listen(reader, onChange)
                // Whatever ended it: nobody may use the descriptors' numbers from here on.
                state.withLock { $0.isClosed = true }
                Glibc.close(inotify)
                Glibc.close(reader)
                Glibc.close(wakeUpWriter)
            }
        } catch {
            for end in ends + [inotify] { Glibc.close(end) }
            throw error
        }
    }

    func watch(baseDirectory: String, directories: [String]) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            var watches: [(watch: Int32, onlyName: String?)] = []
            var isComplete = directories.count < Self.directoriesMaximum
            let (parent, name) = Self.split(baseDirectory)
            // With the directory above watched, a base directory that is absent is heard of when
            // it comes.
            if let watch = add(parent) { watches.append((watch, name)) } else { isComplete = false }
            for directory in [baseDirectory] + directories.prefix(Self.directoriesMaximum) {
                if let watch = add(directory) {
                    watches.append((watch, nil))
                } else if errno != ENOENT {
                    isComplete = false
                }
            }
            remove(state.table.replace(baseDirectory, with: watches))
            return isComplete
        }
    }

    func forget(baseDirectory: String) {
        state.withLock { state in
            guard !state.isClosed else { return }
            remove(state.table.replace(baseDirectory, with: []))
        }
    }

    func close() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.isClosed = true
            var byte: UInt8 = 0
            _ = write(wakeUpWriter, &byte, 1)
        }
    }

    private func add(_ directory: String) -> Int32? {
        let watch = inotify_add_watch(inotify, directory, Self.events)
        return watch >= 0 ? watch : nil
    }

    private func remove(_ watches: [Int32]) {
        for watch in watches { _ = inotify_rm_watch(inotify, watch) }
    }

    private func listen(_ wakeUp: Int32, _ onChange: (String) -> Void) {
        let wanted = Int16(POLLIN)
        var descriptors = [
            pollfd(fd: inotify, events: wanted, revents: 0),
            pollfd(fd: wakeUp, events: wanted, revents: 0),
        ]
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            guard poll(&descriptors, nfds_t(descriptors.count), -1) >= 0 || errno == EINTR else {
                return
            }
            guard descriptors[1].revents == 0 else { return }
            let count = read(inotify, &buffer, buffer.count)
            guard count > 0 else {
                if count < 0, errno == EAGAIN || errno == EINTR { continue }
                return
            }
            for baseDirectory in concerned(buffer[..<count]) { onChange(baseDirectory) }
        }
    }

    /// The base directories that the events in the buffer concern.
    private func concerned(_ bytes: ArraySlice<UInt8>) -> Set<String> {
        state.withLock { state in
            guard !state.isClosed else { return [] }
            var result: Set<String> = []
            for event in InotifyEvents.read(bytes) {
                if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { return state.table.all }
                result.formUnion(state.table.concerned(by: event.watch, name: event.name))
                if event.mask & UInt32(IN_IGNORED) != 0 { state.table.dropped(event.watch) }
            }
            return result
        }
    }

    private static func split(_ path: String) -> (parent: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let name = String(path[path.index(after: slash)...])
        return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
    }
}

/// Reads the records that the kernel writes: watch, mask, cookie, name length, and the padded name.
enum InotifyEvents {
    struct Event: Equatable {
        let watch: Int32
        let mask: UInt32
        let name: String
    }

    static func read(_ bytes: ArraySlice<UInt8>) -> [Event] {
        let headerBytes = 16
        var events: [Event] = []
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while bytes.count - offset >= headerBytes {
                func word(_ index: Int) -> UInt32 {
                    bytes.loadUnaligned(fromByteOffset: offset + index * 4, as: UInt32.self)
                }
                let end = offset + headerBytes + Int(word(3))
                guard end <= bytes.count else { return }
                let name = bytes[(offset + headerBytes)..<end].prefix { $0 != 0 }
                events.append(
                    Event(
                        watch: Int32(bitPattern: word(0)), mask: word(1),
                        name: String(decoding: name, as: UTF8.self)))
                offset = end
            }
        }
        return events
    }
}
