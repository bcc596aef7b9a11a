import WorkerSupport
import Workers

/// An installation's status for people.
enum StatusText {
    /// A title, a table for each part, then what is wrong.
    /// - Parameter rates: records a second by Kafka topic, documents a second by a worker's address, where they were
    ///   measured; a worker says its own of its last summary.
    static func lines(_ status: InstallationStatus, rates: [String: Double] = [:]) -> [String] {
        var lines = [title(status)]
        for part in [topics(status, rates), groups(status), workers(status, rates), rest(status)] where !part.isEmpty {
            lines += [""] + part
        }
        return lines + [""] + problems(status)
    }

    static func title(_ status: InstallationStatus) -> String {
        let brokers = status.brokers.map { "\($0) broker\($0 == 1 ? "" : "s")" } ?? "no broker answers"
        return "\(status.takenAt)  \(status.bootstrapServers): \(brokers)"
    }

    static func topics(_ status: InstallationStatus, _ rates: [String: Double]) -> [String] {
        guard let topics = status.kafkaTopics else { return [] }
        let rows = topics.map { topic in
            [
                topic.name, topic.partitions == 0 ? "-" : String(topic.partitions),
                topic.records.map { String($0) } ?? "-", rates[topic.name].map(rate) ?? "",
                topic.partitions == 0
                    ? "missing" : topic.differences.isEmpty ? "as wanted" : topic.differences.joined(separator: "; "),
            ]
        }
        let titles = ["KAFKA TOPIC", "PARTITIONS", "RECORDS", rates.isEmpty ? "" : "PER SECOND", "SETTINGS"]
        return table(titles, rows, right: [1, 2, 3])
    }

    static func groups(_ status: InstallationStatus) -> [String] {
        guard let groups = status.groups else { return [] }
        let rows = groups.map { group in
            [
                group.name, group.state, String(group.members.count), group.lag.map { String($0) } ?? "-",
                String(group.unreadPartitions),
                group.members.map { "\($0.name) (\($0.partitions))" }.joined(separator: ", "),
            ]
        }
        return table(["GROUP", "STATE", "MEMBERS", "LAG", "UNREAD", "WHO (PARTITIONS)"], rows, right: [2, 3, 4])
    }

    static func workers(_ status: InstallationStatus, _ rates: [String: Double]) -> [String] {
        guard !status.workers.isEmpty else { return [] }
        let rows = status.workers.map { worker -> [String] in
            guard let answer = worker.status else { return [worker.address, "-", "no answer", "-", "-", "-", "-"] }
            let lag = answer.assignment.compactMap(\.lagRecords).reduce(0, +)
            return [
                worker.address, answer.program.replacing("rostrum-", with: ""),
                answer.isReady ? "ready" : answer.isLive ? "not ready" : "not live",
                rate(rates[worker.address] ?? answer.documentsPerSecond), String(lag),
                String(answer.totals.deadLetters),
                answer.ruleset.map { "\($0.version) \($0.digest.replacing("sha256:", with: "").prefix(8))" } ?? "",
            ]
        }
        return table(
            ["WORKER", "IS", "STATE", "PER SECOND", "LAG", "DEAD", "RULESET"], rows, right: [3, 4, 5])
    }

    static func rest(_ status: InstallationStatus) -> [String] {
        var lines: [String] = []
        if let rules = status.rules { lines.append("rules         \(rules.name) \(rules.version) \(rules.digest)") }
        if let letters = status.deadLetters {
            let codes = letters.codes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "\($0.value) \($0.key)" }
            lines.append(
                "dead letters  \(letters.isPartial ? "at least " : "")\(letters.count)"
                    + (codes.isEmpty ? "" : " (\(codes.joined(separator: ", ")))"))
        }
        if let store = status.store {
            lines.append(
                "store         \(store.documents) documents, \(store.events) events"
                    + (store.behind.map { ", \($0) records behind" } ?? "")
                    + (store.newest.map { ", newest \($0)" } ?? "") + ", \(store.kind) \(store.place)")
        }
        return lines
    }

    static func problems(_ status: InstallationStatus) -> [String] {
        guard !status.problems.isEmpty else { return ["no problems"] }
        return ["PROBLEMS"]
            + status.problems.flatMap { problem in
                problem.text.split(separator: "\n").enumerated().map { index, line in
                    index == 0 ? "  \(problem.code): \(line)" : "    \(line)"
                }
            }
    }

    private static func rate(_ number: Double) -> String { String((number * 10).rounded() / 10) }

    private static func table(_ titles: [String], _ rows: [[String]], right: Set<Int>) -> [String] {
        let all = [titles] + rows
        let widths = titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = row.enumerated().compactMap { column, cell -> String? in
                guard widths[column] > 0 else { return nil }
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return right.contains(column) ? space + cell : cell + space
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
