public import Delivery
public import EventStore
internal import Foundation
public import Logging
public import WorkerSupport

/// The store that the settings name.
public enum Stores {
    /// Opens it.
    /// - Throws: `StoreError`.
    public static func open(_ settings: Settings.Store, for access: StoreAccess) throws(StoreError) -> any EventStore {
        switch settings.kind {
        case .sqlite: return try SQLiteEventStore(path: settings.path, access: access)
        case .postgresql:
            return try PostgresEventStore(connectionString: settings.connection ?? "", access: access)
        case .ndjson:
            let files = NDJSONEventStore.Settings(
                fileBytes: settings.fileBytes, fileSeconds: settings.fileSeconds,
                compression: settings.compression == .zstd ? .zstd : .none)
            return try NDJSONEventStore(folder: settings.path, access: access, settings: files)
        }
    }

    /// Opens it for a sink: a database that is away or busy is waited for, `store.connectSeconds` at most.
    /// - Returns: nil when the stop was requested meanwhile.
    /// - Throws: `StoreError`, the last attempt's.
    public static func openForSink(
        _ settings: Settings.Store, logger: Logger, until stop: StopRequest
    ) throws(StoreError) -> (any EventStore)? {
        let patience = StorePatience(seconds: settings.connectSeconds, logger: logger, stop: stop)
        return try patience.attempt { () throws(StoreError) in try open(settings, for: .write) }
    }

    /// Where the store is, for people: never a password.
    public static func place(of settings: Settings.Store) -> String {
        settings.kind == .postgresql ? "postgresql" : settings.path
    }
}

/// Waits for a store that is away, for a while, where there is no batch that could wait in its place. Blocks its thread.
struct StorePatience {
    let seconds: Int
    let logger: Logger
    let stop: StopRequest

    private static let pause = 0.5

    /// Repeats what fails in a way that may pass.
    /// - Returns: nil when the stop was requested before it succeeded.
    func attempt<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value? {
        let clock = MonotonicClock.system
        let deadline = clock.now() + .seconds(seconds)
        var attempts = 0
        while true {
            let failure: StoreError
            do {
                return try body()
            } catch {
                failure = error
            }
            attempts += 1
            if stop.isRequested { return nil }
            guard failure.isRetryable, clock.now() < deadline else { throw failure }
            logger.write(
                .warning, "the store is waited for",
                [.errorCode: failure.code.rawValue, .errorReason: failure.description, .attempt: attempts])
            Thread.sleep(forTimeInterval: Self.pause)
        }
    }
}
