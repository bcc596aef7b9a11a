internal import Dispatch

/// Calls a function once a second, on a queue of its own, until its owner goes.
///
/// Unchecked: a dispatch source may be used from any thread, which its Swift type does not say
/// (https://developer.apple.com/documentation/dispatch/dispatchobject).
final class EverySecond: @unchecked Sendable {
    private let source = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "rostrum.store.files"))

    /// To be called once.
    func begin(_ work: @escaping @Sendable () -> Void) {
        source.setEventHandler(handler: work)
        source.schedule(deadline: .now() + 1, repeating: 1)
        source.activate()
    }

    func end() { source.cancel() }

    deinit {
        // A source that was never activated must be, before it goes.
        source.cancel()
        source.activate()
    }
}
