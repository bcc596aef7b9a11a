import Delivery
import Foundation
import Logging
import ServiceLifecycle
import Testing
import WorkerSupport

@Suite struct ProcessesTests {
    /// More blocking pieces of work than the machine has cores must not stop each other: each waits for all to have begun.
    @Test func blockingWorkDoesNotHoldTheCooperativePool() async throws {
        let count = ProcessInfo.processInfo.activeProcessorCount * 4
        let barrier = Barrier(count)
        try await withThrowingTaskGroup { group in
            for index in 0..<count {
                group.addTask {
                    try await BlockingService(named: "worker-\(index)") { _ in barrier.arriveAndWait() }.run()
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func groupsStopBlockingWork() async throws {
        let stop = StopRequest()
        let started = StopRequest()
        let service = BlockingService(named: "worker", stop: stop) { stop in
            started.request()
            while !stop.isRequested { Thread.sleep(forTimeInterval: 0.001) }
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: Logger(label: "test")))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            while !started.isRequested { await Task.yield() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(stop.isRequested)
    }

    @Test func exitCodesAreTheDocumentedOnes() {
        #expect(ExitCode.allCases.map(\.rawValue) == [0, 1, 2, 3, 69, 78, 130])
    }
}

/// Lets nobody pass before all have arrived.
private final class Barrier: @unchecked Sendable {
    // Sendable because `waiting` is touched under the condition's lock alone.
    private let condition = NSCondition()
    private var waiting: Int

    init(_ count: Int) { waiting = count }

    func arriveAndWait() {
        condition.lock()
        waiting -= 1
        condition.broadcast()
        while waiting > 0 { condition.wait() }
        condition.unlock()
    }
}
