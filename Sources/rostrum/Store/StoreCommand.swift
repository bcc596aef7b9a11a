import ArgumentParser
import Delivery
import EventStore
import Foundation
import WorkerSupport
import Workers

/// `rostrum store …`: where events end, and what people ask of it.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Asks, exports, checks and tends the store of classification events.",
        discussion: """
            The store is the one of the settings (store.kind, store.path, store.connection), or the one that --store names.
            Start with 'rostrum store status', then 'rostrum store query topics --plot'.
            """,
        subcommands: [
            StoreStatusCommand.self, StoreQuery.self, StoreReportCommand.self, StoreExport.self, StoreVerify.self,
            StoreRulesets.self, StorePromote.self, StoreRollback.self, StorePrune.self, StoreInit.self,
            StoreMigrate.self,
        ])

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    static let codes = ExitCode.explained([.done, .failed, .usage, .unreachable, .badConfiguration])
}

/// Names the store, for every command below `store`.
struct StoreOptions: ParsableArguments {
    @OptionGroup var store: StoreOption
    @OptionGroup var options: SettingsOptions

    var settings: Settings {
        get throws { try options.settings(store.flags) }
    }

    /// Blocking work on the store on a thread of its own, its errors turned into the program's failures.
    func work<Value: Sendable>(
        _ access: StoreAccess, _ body: @escaping @Sendable (any EventStore) throws -> Value
    ) async throws -> Value {
        let settings = try settings
        do {
            return try await OwnThread.run("store") {
                let store = try Stores.open(settings.store, for: access)
                let value = try body(store)
                try store.close()
                return value
            }
        } catch {
            throw ProgramFailure(error)
        }
    }
}

/// JSON with members in the order of their names.
enum StoreJSON {
    static func text(_ value: Any) -> String {
        let data = try? JSONSerialization.data(
            withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data ?? Data(), as: UTF8.self) + "\n"
    }
}

/// `rostrum store init`
struct StoreInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Makes the store where there is none; leaves one that is there as it is.",
        discussion: """
            A sink does the same at its start. For PostgreSQL the role needs the right to create the schema 'rostrum'.

            Example: rostrum store init --store rostrum.sqlite

            \(StoreCommand.codes)
            """)

    @OptionGroup var store: StoreOptions

    func run() async throws {
        let status = try await store.work(.write) { try $0.status() }
        StandardOutput.write(
            "\(status.place): a store of kind \(status.kind), schema version \(status.schemaVersion)\n")
    }
}

/// `rostrum store migrate`
struct StoreMigrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the tables of an older version to this program's; there is no way back.",
        discussion: """
            Nothing that is stored is lost. A sink does the same at its start. A store of a newer version is refused.

            Example: rostrum store migrate --store rostrum.sqlite

            \(StoreCommand.codes)
            """)

    @OptionGroup var store: StoreOptions

    func run() async throws {
        let place = try store.settings.store
        guard place.kind == .postgresql || FileManager.default.fileExists(atPath: place.path) else {
            throw ProgramFailure(
                .unreachable, code: "store.cannot_open",
                "\(place.path) is not there; name the store by --store or store.path, or make one with 'rostrum store init'"
            )
        }
        let status = try await store.work(.write) { try $0.status() }
        StandardOutput.write("\(status.place): schema version \(status.schemaVersion)\n")
    }
}

/// `rostrum store status`
struct StoreStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Says what the store holds and how far each sink has come.",
        discussion: """
            Example: rostrum store status --output json

            \(StoreCommand.codes)
            """)

    @Option(help: "text or json.")
    var output: StoreCommand.Output = .text

    @OptionGroup var store: StoreOptions

    func run() async throws {
        let (status, rulesets) = try await store.work(.read) { (try $0.status(), try $0.rulesets()) }
        StandardOutput.write(output == .json ? json(status, rulesets) : text(status, rulesets))
    }

    private func text(_ status: StoreStatus, _ rulesets: [StoredRuleset]) -> String {
        let current = rulesets.first(where: \.isCurrent).map { "\($0.name) \($0.version) \($0.digest)" }
        var lines = [
            "store:      \(status.kind), schema version \(status.schemaVersion), \(status.place)",
            "documents:  \(status.documents)", "events:     \(status.events)", "withdrawn:  \(status.withdrawals)",
            "rulesets:   \(rulesets.count), current: \(current ?? "none")",
            "newest:     \(status.lastRecordedAt ?? "-")",
        ]
        if let bytes = status.bytes { lines.append("bytes:      \(bytes)") }
        for (group, offsets) in status.offsets.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            for (partition, offset) in offsets.sorted(by: { $0.key < $1.key }) {
                lines.append("offset:     \(group) \(partition) goes on at \(offset)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func json(_ status: StoreStatus, _ rulesets: [StoredRuleset]) -> String {
        let offsets = status.offsets.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { group, offsets in
            offsets.sorted { $0.key < $1.key }.map { partition, offset in
                [
                    "group": group.rawValue, "kafka_topic": partition.topic.rawValue,
                    "kafka_partition": Int(partition.partition.rawValue), "next_offset": Int(offset.rawValue),
                ] as [String: Any]
            }
        }
        return StoreJSON.text(
            [
                "kind": status.kind, "place": status.place, "schema_version": status.schemaVersion,
                "documents": status.documents, "events": status.events, "withdrawals": status.withdrawals,
                "bytes": status.bytes as Any? ?? NSNull(),
                "last_recorded_at": status.lastRecordedAt as Any? ?? NSNull(),
                "offsets": offsets, "rulesets": rulesets.map(StoreRulesets.members),
            ] as [String: Any])
    }
}
