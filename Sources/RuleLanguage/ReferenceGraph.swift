/// Which rules refer to which, to find circles: rules, topics and filters are its nodes, so that a reference to a topic
/// of a thousand rules is one edge.
struct ReferenceGraph {
    enum Node: Hashable {
        case rule(String)
        case topic(String)
        /// All filters that apply to a topic.
        case filters(of: String)
        case filter(Int)
    }

    private var targets: [Node: [Node]] = [:]

    mutating func add(_ targets: [Node], from node: Node) {
        self.targets[node, default: []] += targets
    }

    /// Circles that are reached from the given nodes, none twice, each from a rule of it: found by a walk that keeps its
    /// own stack, because chains may be as long as a ruleset has rules.
    func circles(from starts: [Node]) -> [[Node]] {
        var finished: Set<Node> = []
        var circles: [[Node]] = []
        for start in starts where !finished.contains(start) {
            var path: [(node: Node, next: Int)] = [(start, 0)]
            var places: [Node: Int] = [start: 0]
            while let (node, next) = path.last {
                let targets = targets[node] ?? []
                guard next < targets.count else {
                    finished.insert(node)
                    places[node] = nil
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let target = targets[next]
                if let place = places[target] {
                    circles.append(path[place...].map(\.node))
                } else if !finished.contains(target) {
                    places[target] = path.count
                    path.append((target, 0))
                }
            }
        }
        return circles
    }
}
