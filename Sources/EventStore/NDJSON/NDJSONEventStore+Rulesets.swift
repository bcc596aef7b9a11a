internal import Delivery
internal import Foundation
internal import Speeches

extension NDJSONEventStore {
    /// The rulesets whose results are in the files. Blocks.
    public func rulesets() throws(StoreError) -> [StoredRuleset] {
        try read { (database: SQLiteEventStore, snapshot: FilesReader.Snapshot) throws(StoreError) in
            let known = try database.rulesets()
            let place = Dictionary(uniqueKeysWithValues: snapshot.rulesets.met.enumerated().map { ($1, $0) })
            let previous = snapshot.rulesets.promotions.last?.previous
            return known.map { ruleset in
                StoredRuleset(
                    digest: ruleset.digest, name: ruleset.name, version: ruleset.version, isCurrent: ruleset.isCurrent,
                    isPrevious: ruleset.digest == previous, events: ruleset.events, documents: ruleset.documents)
            }.sorted { place[$0.digest] ?? .max < place[$1.digest] ?? .max }
        }
    }

    /// Makes a ruleset the one that answers are about, by putting a new `rulesets.json` in the place of the old one. A sink
    /// may write meanwhile. Blocks.
    public func promote(_ digest: String) throws(StoreError) -> RulesetSwitch {
        try change { (rulesets: inout FilesRulesets) throws(StoreError) in
            guard rulesets.met.contains(digest) else { throw StoreError.noRuleset(digest) }
            guard let current = rulesets.current, current != digest else {
                return RulesetSwitch(from: digest, to: digest)
            }
            rulesets.promotions.append(
                FilesRulesets.Promotion(
                    digest: digest, previous: current, promotedAt: Date.now.formatted(.iso8601)))
            rulesets.current = digest
            return RulesetSwitch(from: current, to: digest)
        }
    }

    /// Undoes the last promotion that stands. A sink may write meanwhile. Blocks.
    public func rollBack() throws(StoreError) -> RulesetSwitch {
        try change { (rulesets: inout FilesRulesets) throws(StoreError) in
            guard let last = rulesets.promotions.popLast(), let current = rulesets.current else {
                throw StoreError.nothingToRollBack
            }
            rulesets.current = last.previous
            return RulesetSwitch(from: current, to: last.previous)
        }
    }

    /// Writes the files anew without the results of some rulesets, and without what was withdrawn or came again
    /// from a later record. No other process may write meanwhile. Blocks.
    public func prune(_ digests: [String]) throws(StoreError) -> PrunedRows {
        try write { (_: FilesWriter) throws(StoreError) in }
        // Also where it fails: this database has then lost more than the files.
        defer { forgetDatabase() }
        let (pruned, kept) = try read { (database: SQLiteEventStore, _: FilesReader.Snapshot) throws(StoreError) in
            // Refused where one is current; the database is one of its own, and made anew after this.
            let pruned = try database.prune(digests)
            var kept: [String: Int64] = [:]
            try database.forEachEvent { kept[$0.event.eventID.rawValue] = $0.origin.offset.rawValue }
            return (pruned, kept)
        }
        try write { (writer: FilesWriter) throws(StoreError) in
            try writer.rewrite { entry in
                guard case .event(let event) = entry.change else { return true }
                return kept[event.eventID.rawValue] == entry.origin.offset.rawValue
            }
        }
        try change { (rulesets: inout FilesRulesets) throws(StoreError) in
            rulesets.met.removeAll { digests.contains($0) }
            rulesets.promotions.removeAll { digests.contains($0.digest) || digests.contains($0.previous) }
        }
        return pruned
    }

    /// What the store holds. Blocks.
    public func status() throws(StoreError) -> StoreStatus {
        try read { (database: SQLiteEventStore, snapshot: FilesReader.Snapshot) throws(StoreError) in
            var status = try database.status()
            status.kind = "ndjson"
            status.place = folder
            status.schemaVersion = FilesManifest.version
            status.bytes = snapshot.manifest.files.reduce(snapshot.journal.length) { $0 + $1.bytes }
            status.offsets = [:]
            let offsets = snapshot.offsets
            for group in Set(offsets.offsets.map(\.group)) {
                status.offsets[ConsumerGroup(group)] = offsets.offsets(of: ConsumerGroup(group))
            }
            return status
        }
    }

    /// Answers a question by a SQLite database made of the files. Blocks.
    public func ask(
        _ question: StoreQuestion, secondsMax: Int, columns: ([String]) throws -> Void,
        row: ([StoreValue]) throws -> Bool
    ) throws(StoreError) {
        try read { (database: SQLiteEventStore, _: FilesReader.Snapshot) throws(StoreError) in
            try database.ask(question, secondsMax: secondsMax, columns: columns, row: row)
        }
    }
}
