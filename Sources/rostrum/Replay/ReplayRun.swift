import Delivery
import Foundation
import RuleEngine
import WorkerSupport
import Workers

/// The three things that `rostrum replay` does, each on a thread of its own, with progress for people.
struct ReplayRun: Sendable {
    let settings: Settings
    let request: ReplayRequest

    /// Says what would be done.
    func dryRun(planFile: String?, maxRate: Double?) async throws -> ExitCode {
        try await work { job, stop in
            guard let plan = try plan(job, planFile, isNewRange: false, until: stop) else { return .failed }
            guard plan.total > 0 else {
                StandardOutput.write(ReplayText(plan).nothing)
                return .done
            }
            let estimate = try job.estimate(plan, until: stop)
            guard !stop.isRequested else { return .failed }
            StandardOutput.write(ReplayText(plan).dryRun(estimate, maxRate: maxRate))
            return .done
        }
    }

    /// Publishes the events of the range.
    func execute(planFile: String?, isNewRange: Bool, maxRate: Double?) async throws -> ExitCode {
        try await work { job, stop in
            guard let plan = try plan(job, planFile, isNewRange: isNewRange, until: stop) else { return .failed }
            guard plan.total > 0 else {
                StandardOutput.write(ReplayText(plan).nothing)
                return .done
            }
            let file = planFile ?? "\(plan.run).json"
            Program.say("plan: \(file)")
            let progress = ProgressLine()
            let done = try job.run(plan, keptIn: file, maxRate: maxRate, until: stop) {
                progress.show(ReplayText.progress($0))
            }
            progress.clear()
            StandardOutput.write(ReplayText(done).outcome(file: file))
            return done.isComplete ? .done : .failed
        }
    }

    /// Says what the rules change on the range.
    /// - Parameter old: the rules so far.
    func compare(_ options: ReplayComparisonOptions, with old: Ruleset) async throws -> ExitCode {
        try await work { job, stop in
            guard let plan = try job.plan(request, publishes: false, until: stop) else { return .failed }
            let progress = ProgressLine()
            let report = try job.compare(plan, with: old, until: stop) { progress.show(ReplayText.progress($0)) }
            progress.clear()
            guard !stop.isRequested else {
                Program.say("ended after \(report.documentsRead) documents; nothing is reported")
                return .failed
            }
            switch options.output ?? .text {
            case .text: StandardOutput.write(EventText.printableLines(report.text))
            case .json: try ReportJSON.write(report)
            case .html: StandardOutput.write(report.html)
            }
            let exceeded = options.exceeded(by: report)
            for limit in exceeded { Program.say(limit) }
            return exceeded.isEmpty ? .done : .problemsFound
        }
    }

    /// The plan of the file, where there is one, else a new one.
    private func plan(
        _ job: ReplayJob, _ file: String?, isNewRange: Bool, until stop: StopRequest
    ) throws -> ReplayPlan? {
        guard let file, FileManager.default.fileExists(atPath: file) else { return try job.plan(request, until: stop) }
        guard !isNewRange else {
            throw ProgramFailure(
                .usage, code: "replay.plan_exists",
                "the plan '\(file)' has its range already; leave --from and --to out to go on with it, or name another file"
            )
        }
        let plan = try ReplayPlan(file: file)
        try job.check(plan)
        return plan
    }

    private func work(
        _ body: @escaping @Sendable (ReplayJob, StopRequest) throws -> ExitCode
    ) async throws -> ExitCode {
        // A person watches: what goes wrong is shown, the rest is in the summary.
        let level = settings.log.level == .info ? .warning : settings.log.level
        let logger = Logs(level: level, format: settings.log.format).logger("rostrum-replay")
        let stop = StopRequest()
        ProcessSignals.handle { _ in stop.request() }
        let settings = settings
        do {
            return try await OwnThread.run("replay") {
                try body(ReplayJob(settings, ruleset: Rules.load(settings), logger: logger), stop)
            }
        } catch {
            throw ProgramFailure(error)
        }
    }
}

/// What a replay says to people.
struct ReplayText {
    private let plan: ReplayPlan

    init(_ plan: ReplayPlan) { self.plan = plan }

    func dryRun(_ estimate: ReplayJob.Estimate, maxRate: Double?) -> String {
        var lines = heading
        for range in plan.ranges {
            lines.append(
                "  partition \(range.partition): offsets \(range.next) to \(range.end), at most \(range.remaining) documents"
            )
        }
        lines.append("at most \(plan.remaining) documents, to be published to '\(plan.eventsTopic)'")
        if let rate = [estimate.rate, maxRate].compactMap({ $0 }).min(), estimate.rate != nil {
            lines.append(
                "about \(Self.duration(Double(plan.remaining) / rate)) at \(Int(rate)) documents a second "
                    + "(\(maxRate == rate ? "--max-rate" : "classification alone, measured on \(estimate.sample) documents"))"
            )
        }
        lines.append("nothing was published; --execute does it")
        return lines.joined(separator: "\n") + "\n"
    }

    func outcome(file: String) -> String {
        var lines = heading
        lines.append(
            "\(plan.published) documents published to '\(plan.eventsTopic)', \(plan.skipped) could not be read and were "
                + "passed over")
        lines.append(
            plan.isComplete
                ? "done; 'rostrum store promote \(plan.ruleset.digest)' makes the results current once a sink has stored them"
                : "ended with at most \(plan.remaining) documents left; go on, with the same --rules, by: rostrum replay "
                    + "--plan \(file) --execute"
        )
        return lines.joined(separator: "\n") + "\n"
    }

    /// For a range without a record.
    var nothing: String {
        (heading + ["no record of '\(plan.documentsTopic)' is in the range; nothing was published, no plan was written"])
            .joined(separator: "\n") + "\n"
    }

    private var heading: [String] {
        [
            "run \(plan.run): '\(plan.documentsTopic)' with \(plan.ruleset.name) \(plan.ruleset.version) "
                + "(\(plan.ruleset.digest.prefix(19)))"
        ]
    }

    static func progress(_ progress: ReplayJob.Progress) -> String {
        let share = progress.total > 0 ? Double(progress.done) / Double(progress.total) : 1
        var text = "\(progress.done) of \(progress.total) (\(Int(share * 100))%), \(Int(progress.rate)) a second"
        if let left = progress.secondsLeft { text += ", \(duration(left)) left" }
        return text
    }

    /// Such as 45 s, 12 min, 3 h 20 min.
    static func duration(_ seconds: Double) -> String {
        // More than that is no whole number any more.
        let whole = Int(min(seconds, 1e15).rounded(.up))
        switch whole {
        case ..<120: return "\(whole) s"
        case ..<7200: return "\((whole + 59) / 60) min"
        default: return "\(whole / 3600) h \(whole % 3600 / 60) min"
        }
    }
}
