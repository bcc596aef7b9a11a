import Testing

@testable import WorkerSupport

@Suite struct RepeatLimiterTests {
    @Test func letsTheFirstThroughThenOneAnInterval() {
        var limiter = RepeatLimiter(burst: 2, interval: .seconds(10), capacity: 8)
        let steps: [(second: Int, expected: RepeatLimiter.Decision)] = [
            (0, .write(leftOut: 0)), (1, .write(leftOut: 0)), (2, .leaveOut), (9, .leaveOut),
            (10, .write(leftOut: 2)), (11, .write(leftOut: 0)), (12, .leaveOut), (40, .write(leftOut: 1)),
            (60, .write(leftOut: 0)),
        ]
        for step in steps {
            #expect(limiter.admit("a", at: .seconds(step.second)) == step.expected, "at \(step.second)")
        }
    }

    @Test func kindsAreCountedApartAndTheirNumberIsBounded() {
        var limiter = RepeatLimiter(burst: 1, interval: .seconds(10), capacity: 2)
        #expect(limiter.admit("a", at: .zero) == .write(leftOut: 0))
        #expect(limiter.admit("b", at: .seconds(1)) == .write(leftOut: 0))
        #expect(limiter.admit("a", at: .seconds(2)) == .leaveOut)
        #expect(limiter.admit("c", at: .seconds(3)) == .write(leftOut: 0))
        #expect(limiter.admit("b", at: .seconds(4)) == .leaveOut)
        #expect(limiter.takeLeftOut().map(\.kind) == ["b"])
        #expect(limiter.takeLeftOut().isEmpty)
    }
}
