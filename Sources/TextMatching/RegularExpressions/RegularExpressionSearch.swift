/// One search through one text: all states of the automaton at once, each with the place where its match began.
struct RegularExpressionSearch {
    private let expression: RegularExpression
    private let text: UnsafeBufferPointer<UInt8>
    private var at = 0
    private(set) var steps = 0
    private let stepsMaximum: Int
    /// States to be advanced, oldest match first, and which states are in the list already.
    private var threads: [Thread] = []
    private var previous: [Thread] = []
    private var seenAt: [Int]
    private var generation = 0
    private var stack: [Int] = []

    private struct Thread {
        let instruction: Int
        let start: Int
    }

    init(_ expression: RegularExpression, _ text: UnsafeBufferPointer<UInt8>, stepsMaximum: Int) {
        self.expression = expression
        self.stepsMaximum = stepsMaximum
        self.text = text
        seenAt = [Int](repeating: -1, count: expression.program.count)
    }

    /// The next match, nil after the last or when the step limit is reached.
    mutating func next() -> Range<Int>? {
        threads.removeAll(keepingCapacity: true)
        generation += 1
        var best: Range<Int>?
        var position = at
        while position <= text.count, steps < stepsMaximum {
            if best == nil { follow(from: 0, start: position, at: position) }
            best = longer(best, position)
            if threads.isEmpty, best != nil { break }
            guard position < text.count else { break }
            let (scalar, length) = decode(position)
            advance(scalar, to: position + length, keeping: best?.lowerBound)
            position += length
        }
        guard let best, steps < stepsMaximum else { return nil }
        at = best.upperBound
        return best
    }

    /// The earliest match that ends here, if it begins no later than the best so far.
    private func longer(_ best: Range<Int>?, _ position: Int) -> Range<Int>? {
        for thread in threads {
            guard case .accept = expression.program[thread.instruction], thread.start < position else { continue }
            if let best, thread.start > best.lowerBound { return best }
            return thread.start..<position
        }
        return best
    }

    private mutating func advance(_ scalar: Unicode.Scalar, to position: Int, keeping start: Int?) {
        generation += 1
        swap(&threads, &previous)
        threads.removeAll(keepingCapacity: true)
        steps += previous.count + 1
        for index in previous.indices {
            let thread = previous[index]
            if let start, thread.start > start { break }
            guard case .character(let set) = expression.program[thread.instruction],
                position - thread.start <= RegularExpression.maximumMatchLength,
                set.contains(scalar, ignoringCase: expression.ignoresCase)
            else { continue }
            follow(from: thread.instruction + 1, start: thread.start, at: position)
        }
    }

    /// Adds every state that is reached without reading a character.
    private mutating func follow(from instruction: Int, start: Int, at position: Int) {
        stack.append(instruction)
        while let state = stack.popLast() {
            guard seenAt[state] != generation else { continue }
            seenAt[state] = generation
            steps += 1
            switch expression.program[state] {
            case .jump(let target): stack.append(target)
            case .split(let first, let second):
                stack.append(second)
                stack.append(first)
            case .wordBoundary(let isBoundary):
                if (isWord(before: position) != isWord(at: position)) == isBoundary { stack.append(state + 1) }
            case .start: if position == 0 || text[position - 1] == 0x0A { stack.append(state + 1) }
            case .end: if position == text.count || text[position] == 0x0A { stack.append(state + 1) }
            case .character, .accept: threads.append(Thread(instruction: state, start: start))
            }
        }
    }

    private func isWord(at position: Int) -> Bool {
        position < text.count && CharacterSet.word.contains(decode(position).scalar.value)
    }

    private func isWord(before position: Int) -> Bool {
        guard position > 0 else { return false }
        var start = position - 1
        while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
        return CharacterSet.word.contains(decode(start).scalar.value)
    }

    private func decode(_ index: Int) -> (scalar: Unicode.Scalar, length: Int) {
        let first = text[index]
        func rest(_ offset: Int) -> UInt32 { UInt32(text[index + offset] & 0x3F) }
        let (value, length): (UInt32, Int) =
            switch first {
            case 0..<0x80: (UInt32(first), 1)
            case 0x80..<0xE0: (UInt32(first & 0x1F) << 6 | rest(1), 2)
            case 0xE0..<0xF0: (UInt32(first & 0x0F) << 12 | rest(1) << 6 | rest(2), 3)
            default: (UInt32(first & 0x07) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3), 4)
            }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }
}
