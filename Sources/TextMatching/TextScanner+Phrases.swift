extension TextScanner {
    /// Walks the trie from every word that begins a phrase.
    mutating func findPhrases() {
        occurrences.removeAll(keepingCapacity: true)
        isTruncated = false
        let automaton = self.automaton
        let roots = automaton.roots.base
        let nodes = automaton.nodes.base
        let tokens = tokens.base
        for number in 0..<foundCount {
            let index = Int(found.base[number])
            let code = tokens[index].code
            if code.isSingle {
                let root = roots[Int(code.term)]
                if root == PhraseAutomaton.none { continue }
                // Most walks end before they begin: the next word is in no rule or no neighbour.
                let state = nodes[Int(root)]
                let mayGoOn =
                    state.children != 0 && index &+ 1 < tokenCount && tokens[index &+ 1].boundary == .adjacent
                    && mayFollow(automaton, code, tokens[index &+ 1].code)
                if mayGoOn {
                    walk(automaton, root, first: index, last: index)
                } else if state.pattern != PhraseAutomaton.none {
                    report(state.pattern, index, index)
                }
            } else {
                forEachTerm(automaton, code) { scanner, term in
                    let root = automaton.roots.base[Int(term)]
                    if root != PhraseAutomaton.none { scanner.walk(automaton, root, first: index, last: index) }
                }
            }
        }
    }

    @inline(__always)
    private func mayFollow(_ automaton: PhraseAutomaton, _ first: TermCode, _ next: TermCode) -> Bool {
        next.isSingle ? !next.isNone && automaton.mayBegin(first.term, next.term) : true
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
            last += 1
            guard last < tokenCount else { return }
            let next = tokens.base[last]
            if next.code.isNone || next.boundary != .adjacent { return }
            if next.code.isSingle {
                node = automaton.child(of: node, next.code.term)
                if node == PhraseAutomaton.none { return }
            } else {
                let parent = node
                let position = last
                forEachTerm(automaton, next.code) { scanner, term in
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
            Occurrence(pattern: PatternID(rawValue: pattern), first: UInt32(first), last: UInt32(last)))
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
