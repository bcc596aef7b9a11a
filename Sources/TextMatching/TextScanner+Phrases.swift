extension TextScanner {
    /// Walks the trie from every word that may begin a phrase.
    mutating func findPhrases() {
        occurrences.removeAll(keepingCapacity: true)
        isTruncated = false
        let automaton = self.automaton
        for number in 0..<candidateCount {
            let index = Int(candidates.base[number])
            // Before the first word there are two that are none.
            guard index < tokenCount else { continue }
            let code = code(of: index, automaton)
            if code.isNone { continue }
            if code.isSingle {
                begin(automaton, with: code.term, at: index)
            } else {
                forEachTerm(automaton, code) { scanner, term in scanner.begin(automaton, with: term, at: index) }
            }
        }
    }

    @inline(__always)
    private mutating func begin(_ automaton: PhraseAutomaton, with term: UInt32, at index: Int) {
        let root = automaton.roots.base[Int(term)]
        if root != PhraseAutomaton.none { walk(automaton, root, first: index, last: index) }
    }

    /// Reports the phrase that ends at `node`, if any, and goes on with the next words as far as the trie goes. Recurses
    /// only at words that are several terms, so at most as deep as the longest phrase.
    private mutating func walk(_ automaton: PhraseAutomaton, _ start: UInt32, first: Int, last: Int) {
        var node = start
        var last = last
        while true {
            let state = automaton.nodes.base[Int(node)]
            if state.pattern != PhraseAutomaton.none { report(state.pattern, first, last) }
            if state.children == 0 { return }
            last &+= 1
            guard last < tokenCount else { return }
            guard tokens.base[last].boundary == .adjacent else { return }
            let code = code(of: last, automaton)
            if code.isNone { return }
            if code.isSingle {
                node = automaton.child(of: node, code.term)
                if node == PhraseAutomaton.none { return }
            } else {
                let parent = node
                let position = last
                forEachTerm(automaton, code) { scanner, term in
                    let child = automaton.child(of: parent, term)
                    if child != PhraseAutomaton.none { scanner.walk(automaton, child, first: first, last: position) }
                }
                return
            }
        }
    }

    @inline(__always)
    private mutating func report(_ pattern: UInt32, _ first: Int, _ last: Int) {
        guard occurrences.count < Self.maximumOccurrences else {
            isTruncated = true
            return
        }
        occurrences.append(
            Occurrence(
                pattern: PatternID(rawValue: pattern), first: UInt32(truncatingIfNeeded: first),
                last: UInt32(truncatingIfNeeded: last)))
    }

    @inline(__always)
    private mutating func forEachTerm(
        _ automaton: PhraseAutomaton, _ code: TermCode, _ body: (inout TextScanner, UInt32) -> Void
    ) {
        let known = automaton.listStarts.count - 1
        if code.list < known {
            for index in automaton.listStarts[code.list]..<automaton.listStarts[code.list + 1] {
                body(&self, automaton.listTerms[Int(index)])
            }
        } else {
            let list = code.list - known
            for index in extraListStarts[list]..<extraListStarts[list + 1] { body(&self, extraListTerms[Int(index)]) }
        }
    }
}
