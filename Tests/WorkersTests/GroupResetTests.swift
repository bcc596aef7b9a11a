import Foundation
import Testing
import WorkerSupport

@testable import Workers

@Suite struct GroupResetTests {
    /// A partition from 10 to 50 whose group is at 20.
    @Test(arguments: [
        (GroupResetScenario.earliest, Int64(10)), (.latest, 50), (.current, 20), (.offset(30), 30), (.offset(3), 10),
        (.offset(99), 50), (.shift(5), 25), (.shift(-5), 15), (.shift(-11), 10), (.shift(31), 50), (.shift(.min), 10),
        (.shift(.max), 50), (.time(0), 33),
    ])
    func offsetsStayWithinThePartition(_ scenario: GroupResetScenario, _ expected: Int64) {
        #expect(scenario.offset(low: 10, high: 50, committed: 20, atTime: 33) == expected)
    }

    @Test func whatBeginsAtTheGroupsOffsetNeedsOne() {
        for scenario in [GroupResetScenario.current, .shift(-1)] {
            #expect(scenario.offset(low: 10, high: 50, committed: nil, atTime: nil) == nil)
        }
        #expect(GroupResetScenario.earliest.offset(low: 10, high: 50, committed: nil, atTime: nil) == 10)
        // No record is so young: what comes is.
        #expect(GroupResetScenario.time(1).offset(low: 10, high: 50, committed: 20, atTime: nil) == 50)
    }

    private let plan = GroupResetPlan(
        createdAt: "2026-01-01T00:00:00Z", group: "g", topic: "t",
        moves: [.init(partition: 0, current: 5, new: 3), .init(partition: 2, current: nil, new: 9)], left: [1])

    private func withFile<Value>(_ text: String? = nil, _ body: (String) throws -> Value) throws -> Value {
        let path = FileManager.default.temporaryDirectory.appending(path: "plan-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        if let text { try Data(text.utf8).write(to: URL(filePath: path)) }
        return try body(path)
    }

    @Test func aPlanIsReadBack() throws {
        try withFile { path in
            try plan.write(to: path)
            #expect(try GroupResetPlan(file: path) == plan)
        }
    }

    /// The same command again would write over the only way back.
    @Test func aPlanThatIsThereStays() throws {
        try withFile("kept") { path in
            let failure = #expect(throws: ProgramFailure.self) { try plan.write(to: path) }
            let kept = try String(contentsOfFile: path, encoding: .utf8)
            #expect(failure?.code == "groups.plan_exists" && kept == "kept")
        }
    }

    @Test func anOldPlanIsBroughtToWhatIsThereNow() {
        let today = plan.renewed(current: [0: 7, 2: 1], ends: [0: 4...8, 2: 0...6])
        #expect(today.moves == [.init(partition: 0, current: 7, new: 4), .init(partition: 2, current: 1, new: 6)])
        #expect(today.group == "g" && today.createdAt == plan.createdAt)
    }

    @Test(arguments: [
        "", "{}", "[]", "no JSON",
        #"{"format":2,"created_at":"","group":"g","topic":"t","moves":[],"left_alone":[]}"#,
        #"{"format":1,"created_at":"","group":"","topic":"t","moves":[],"left_alone":[]}"#,
        #"{"format":1,"created_at":"","group":"g","topic":"t","moves":[{"partition":0,"new":-1}],"left_alone":[]}"#,
        #"""
        {"format":1,"created_at":"","group":"g","topic":"t","left_alone":[],
        "moves":[{"partition":0,"new":1},{"partition":0,"new":2}]}
        """#,
    ])
    func whatIsNoPlanIsRefused(_ text: String) throws {
        try withFile(text) { path in
            let failure = #expect(throws: ProgramFailure.self) { try GroupResetPlan(file: path) }
            #expect(failure?.exitCode == .badConfiguration)
        }
    }
}
