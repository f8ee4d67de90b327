extension Forest {
    /// Adds every tree's leaf to a row's margins, in the order of the trees.
    ///
    /// Four trees are walked side by side: their steps do not wait for each other.
    ///
    /// - Parameters:
    ///   - row: A prepared row.
    ///   - margins: A value for each output.
    @inline(__always)
    func addMargins(of row: UnsafeRawPointer, to margins: UnsafeMutablePointer<Scalar>) {
        trees.withUnsafeBufferPointer { trees in
            var index = 0
            while index &+ 4 <= trees.count {
                let (a, b, c, d) = (
                    trees[index], trees[index &+ 1], trees[index &+ 2], trees[index &+ 3]
                )
                if a.hasCategories || b.hasCategories || c.hasCategories || d.hasCategories {
                    for tree in trees[index..<index &+ 4] {
                        add(leaf(of: tree, row), tree.group, margins)
                    }
                } else {
                    var (w, x, y, z) = (a.root, b.root, c.root, d.root)
                    var isInside: UInt32
                    repeat {
                        isInside = 0
                        w = step(w, row, &isInside)
                        x = step(x, row, &isInside)
                        y = step(y, row, &isInside)
                        z = step(z, row, &isInside)
                    } while isInside != 0
                    add(w, a.group, margins)
                    add(x, b.group, margins)
                    add(y, c.group, margins)
                    add(z, d.group, margins)
                }
                index &+= 4
            }
            while index < trees.count {
                add(leaf(of: trees[index], row), trees[index].group, margins)
                index &+= 1
            }
        }
    }

    /// Adds one tree's leaves to the margins of four rows.
    ///
    /// - Parameters:
    ///   - rows: Prepared rows, `width` bytes apart.
    ///   - margins: Values of the rows, `groups` apart.
    @inline(__always)
    func addMargins(
        of tree: TreePlace, rows: UnsafeRawPointer, width: Int,
        to margins: UnsafeMutablePointer<Scalar>, groups: Int
    ) {
        let (second, third, fourth) = (rows + width, rows + 2 &* width, rows + 3 &* width)
        var (w, x, y, z) = (tree.root, tree.root, tree.root, tree.root)
        if tree.hasCategories {
            w = leaf(of: tree, rows)
            x = leaf(of: tree, second)
            y = leaf(of: tree, third)
            z = leaf(of: tree, fourth)
        } else {
            var isInside: UInt32
            repeat {
                isInside = 0
                w = step(w, rows, &isInside)
                x = step(x, second, &isInside)
                y = step(y, third, &isInside)
                z = step(z, fourth, &isInside)
            } while isInside != 0
        }
        add(w, tree.group, margins)
        add(x, tree.group, margins + groups)
        add(y, tree.group, margins + 2 &* groups)
        add(z, tree.group, margins + 3 &* groups)
    }

    @inline(__always)
    private func add(
        _ leaf: UInt32, _ group: UInt32, _ margins: UnsafeMutablePointer<Scalar>
    ) {
        let value = node(at: leaf).value
        if leafWidth == 1 {
            margins[Int(group)] += value
        } else {
            let first = Int(value.number) &* leafWidth
            for index in 0..<leafWidth { margins[index] += leafVectors[first &+ index] }
        }
    }
}
