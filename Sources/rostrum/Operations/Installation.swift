import ArgumentParser
import Delivery
import Foundation
import WorkerSupport
import Workers

/// The options of the commands that look at a whole installation, and the looking.
struct InstallationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A worker's endpoints, http://host:port; may be repeated (status.workers).", valueName: "url"))
    var worker: [String] = []

    @OptionGroup var rules: RulesOptions
    @OptionGroup var store: StoreOption
    @OptionGroup var options: SettingsOptions

    func validate() throws {
        for worker in worker where Health.address(worker, path: "") == nil {
            throw ValidationError("--worker '\(worker)' is no address; give http://host:port")
        }
    }

    func settings() throws -> Settings {
        let workers =
            worker.isEmpty
            ? [] : [SettingFlag(key: "status.workers", value: worker.joined(separator: ","), flag: "--worker")]
        return try options.settings(rules.flags + store.flags + workers)
    }

    /// Looks at everything once. Parts that cannot be reached are problems of the answer, not errors.
    static func look(
        at settings: Settings, _ depth: StatusJob.Depth, until stop: StopRequest = StopRequest()
    ) async throws -> InstallationStatus {
        let level: LogLevel = settings.log.level == .info ? .critical : settings.log.level
        let logger = Logs(level: level, format: settings.log.format).logger("rostrum")
        var workers: [InstallationStatus.WorkerAnswer] = []
        await withTaskGroup(of: InstallationStatus.WorkerAnswer.self) { group in
            for address in settings.statusWorkers { group.addTask { await Self.ask(address) } }
            for await answer in group { workers.append(answer) }
        }
        let order = settings.statusWorkers
        let answers = workers.sorted {
            order.firstIndex(of: $0.address) ?? 0 < order.firstIndex(of: $1.address) ?? 0
        }
        return try await OwnThread.run("status") {
            StatusJob(settings, logger: logger).status(workers: answers, depth, until: stop)
        }
    }

    private static func ask(_ address: String) async -> InstallationStatus.WorkerAnswer {
        var status: WorkerStatus?
        if let url = Health.address(address, path: "/status"),
            let answer = try? await WorkerQuestion.get(url, within: .seconds(5)), answer.status == 200
        {
            status = try? JSONDecoder().decode(WorkerStatus.self, from: answer.body)
        }
        return InstallationStatus.WorkerAnswer(address: address, status: status)
    }
}

extension InstallationStatus {
    /// 0 when all is well, 69 when brokers or the store cannot be reached, else 3.
    var exitCode: WorkerSupport.ExitCode {
        if problems.isEmpty { return .done }
        let isUnreachable = brokers == nil || problems.contains { $0.code == "store.unreachable" }
        return isUnreachable ? .unreachable : .problemsFound
    }
}
