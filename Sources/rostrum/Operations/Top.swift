import ArgumentParser
import Delivery
import Foundation
import Synchronization
import WorkerSupport
import Workers

/// `rostrum top`
struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what 'rostrum status' shows, live, on the whole terminal, with rates.",
        discussion: """
            Keys: q quits, p holds, r looks at once, + and - change the interval, up and down scroll.

            Example: rostrum top --worker http://classifier-0:9464 --interval 5

            \(ExitCode.explained([.done, .failed, .usage, .badConfiguration]))
            """)

    @Option(help: ArgumentHelp("Seconds between looks, from 1 to 3600.", valueName: "seconds"))
    var interval = 2

    @OptionGroup var installation: InstallationOptions

    func validate() throws {
        guard 1...3_600 ~= interval else {
            throw ValidationError("--interval is \(interval); it must be from 1 to 3600 seconds")
        }
    }

    func run() async throws {
        // Before anything is asked: a look may take its time.
        guard Terminal.isThere else {
            throw ProgramFailure(
                .failed, code: "top.no_terminal",
                "there is no terminal to draw on; use 'rostrum status' where nobody watches")
        }
        let settings = try installation.settings()
        let interval = self.interval
        let looks = Looks(interval: interval)
        let stop = StopRequest()
        ProcessSignals.handle { _ in stop.request() }
        let looking = Task { try await looks.run(settings, until: stop) }
        defer { looking.cancel() }
        try await OwnThread.run("terminal") {
            guard let terminal = Terminal() else { return }
            defer { terminal.close() }
            TopLoop(terminal: terminal, looks: looks, stop: stop).run()
        }
        stop.request()
    }
}

/// Draws and answers keys until it is told to end.
private struct TopLoop {
    let terminal: Terminal
    let looks: Looks
    let stop: StopRequest

    func run() {
        var scrolled = 0
        var last: [String] = []
        while !stop.isRequested {
            let size = terminal.size
            var screen = looks.screen
            scrolled = min(scrolled, screen.scrollMax(width: size.width, height: size.height))
            screen.scrolled = scrolled
            let lines = screen.lines(width: size.width, height: size.height)
            if lines != last { terminal.draw(lines) }
            last = lines
            guard let key = terminal.key(within: 200) else { continue }
            switch key {
            case .closed, .character("q"): return
            case .character("p"): looks.change { $0.isPaused.toggle() }
            case .character("r"): looks.lookNow()
            case .character("+"): looks.change { $0.interval = min($0.interval + 1, 3_600) }
            case .character("-"): looks.change { $0.interval = max($0.interval - 1, 1) }
            case .up: scrolled = max(scrolled - 1, 0)
            case .down: scrolled += 1
            case .pageUp: scrolled = max(scrolled - size.height, 0)
            case .pageDown: scrolled += size.height
            case .character: break
            }
        }
    }
}

/// Looks at the installation again and again, and keeps the last picture.
private final class Looks: Sendable {
    private struct State {
        var screen: TopScreen
        var isWanted = true
        var counted: (at: ContinuousClock.Instant, counts: [String: Int64])?
    }

    private let state: Mutex<State>

    init(interval: Int) { state = Mutex(State(screen: TopScreen(interval: interval))) }

    var screen: TopScreen { state.withLock { $0.screen } }
    func change(_ body: (inout TopScreen) -> Void) { state.withLock { body(&$0.screen) } }
    func lookNow() { state.withLock { $0.isWanted = true } }

    func run(_ settings: Settings, until stop: StopRequest) async throws {
        var depth = StatusJob.Depth()
        // The rules and the dead letters cost seconds: now and then is enough.
        var turn = 0
        var slow: InstallationStatus?
        while !stop.isRequested {
            state.withLock { state in
                state.isWanted = false
                state.screen.isLooking = true
            }
            let isThorough = turn % 15 == 0
            depth.rules = isThorough
            depth.deadLetterTime = isThorough ? .seconds(5) : .zero
            var status = try await InstallationOptions.look(at: settings, depth, until: stop)
            if isThorough {
                slow = status
            } else if let slow {
                status.rules = slow.rules
                status.deadLetters = slow.deadLetters
                status.problems += slow.problems.filter { problem in
                    ["deadletters.", "rules."].contains { problem.code.hasPrefix($0) }
                        && !status.problems.contains(problem)
                }
            }
            turn += 1
            note(status)
            let began = ContinuousClock.now
            while !stop.isRequested, !isDue(since: began) { try await Task.sleep(for: .milliseconds(100)) }
        }
    }

    private func isDue(since began: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            state.isWanted || !state.screen.isPaused && ContinuousClock.now - began >= .seconds(state.screen.interval)
        }
    }

    /// What was written, or done by a worker, between two looks is a rate.
    private func note(_ status: InstallationStatus) {
        let now = ContinuousClock.now
        let written = (status.kafkaTopics ?? []).compactMap { topic in topic.written.map { (topic.name, $0) } }
        // A worker's own rate is that of its last summary, half a minute old. Addresses are no names of Kafka topics.
        let done = status.workers.compactMap { worker in
            worker.status.map { (worker.address, Int64($0.totals.documents)) }
        }
        let counts = Dictionary(written + done) { $1 }
        state.withLock { state in
            state.screen.rates = [:]
            if let last = state.counted {
                let seconds = (now - last.at) / .seconds(1)
                for (name, count) in counts {
                    guard let before = last.counts[name], count >= before, seconds > 0 else { continue }
                    state.screen.rates[name] = Double(count - before) / seconds
                }
            }
            state.counted = (now, counts)
            state.screen.status = status
            state.screen.isLooking = false
        }
    }
}
