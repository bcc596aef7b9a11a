internal import Foundation
public import Logging
internal import Synchronization

/// Where the log lines of one program go: one writer, one form, one least level. Make it once in `main` and hand out
/// loggers; no library makes its own.
public final class Logs: Sendable {
    private struct State {
        var limiter = RepeatLimiter()
    }

    private let level: Logger.Level
    private let isText: Bool
    private let descriptor: Int32
    private let started = ContinuousClock.now
    private let state = Mutex(State())

    /// Writes to a file descriptor, which must stay open: standard error unless told otherwise.
    public init(level: LogLevel, format: LogFormat, descriptor: Int32 = 2) {
        self.level = Logger.Level(rawValue: level.rawValue) ?? .info
        self.descriptor = descriptor
        isText =
            switch format {
            case .json: false
            case .text: true
            case .auto: isatty(descriptor) == 1
            }
    }

    /// Writes as settings say.
    public convenience init(_ settings: Settings.Log) {
        self.init(level: settings.level, format: settings.format)
    }

    /// A logger that writes here. Any thread may use it.
    public func logger(_ label: String) -> Logger {
        Logger(label: label) { _ in WorkerLogHandler(logs: self, logLevel: self.level) }
    }

    /// Writes how often messages were left out and not told yet. Call it once, last.
    public func finish() {
        state.withLock { state in
            for (kind, count) in state.limiter.takeLeftOut() {
                let line = LogLine(
                    time: Date(), level: .notice, message: "messages were left out",
                    metadata: [
                        LogKey.repeats.rawValue: .stringConvertible(count), "log.message": .string(kind),
                    ])
                put(line)
            }
        }
    }

    func write(level: Logger.Level, message: String, metadata: Logger.Metadata) {
        state.withLock { state in
            var metadata = metadata
            if level >= .info {
                let code = metadata[LogKey.errorCode.rawValue]?.description ?? ""
                let kind = code.isEmpty ? message : "\(message) (\(code))"
                switch state.limiter.admit(kind, at: started.duration(to: .now)) {
                case .leaveOut: return
                case .write(leftOut: 0): break
                case .write(let leftOut): metadata[LogKey.repeats.rawValue] = .stringConvertible(leftOut)
                }
            }
            put(LogLine(time: Date(), level: level, message: message, metadata: metadata))
        }
    }

    /// A line goes out whole, under the lock, so that lines of several threads never mix. A reader that has gone away
    /// must not stop the worker: what cannot be written is dropped.
    private func put(_ line: LogLine) {
        var bytes = Array((isText ? line.text : line.json).utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                bytes = bytes.dropFirst(written)
            } else if errno != EINTR {
                return
            }
        }
    }
}

/// swift-log's end of `Logs`.
private struct WorkerLogHandler: LogHandler {
    let logs: Logs
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(logs: Logs, logLevel: Logger.Level) {
        self.logs = logs
        self.logLevel = logLevel
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let given = event.metadata { all.merge(given) { _, new in new } }
        if let error = event.error { all[LogKey.errorReason.rawValue] = .string("\(error)") }
        logs.write(level: event.level, message: event.message.description, metadata: all)
    }
}
