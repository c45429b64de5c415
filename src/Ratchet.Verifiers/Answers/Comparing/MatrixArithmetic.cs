using Ratchet.Verifiers.Answers.Algebra;
using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Comparing;

/// <summary>Carries out sums and products of matrices, entry by entry.</summary>
internal static class MatrixArithmetic
{
    private const int MaxEntries = 400;

    /// <summary>The matrix that a node comes to, or the node itself where it holds none.</summary>
    public static Node Evaluate(Node node)
    {
        switch (node)
        {
            case NegateNode { Operand: var operand } when Evaluate(operand) is MatrixNode matrix:
                return Map(matrix, entry => new NegateNode(entry));
            case SumNode sum when sum.Terms.Select(Evaluate).ToArray() is var terms && terms.Any(t => t is MatrixNode):
                return terms.Aggregate((a, b) => Add(a, b));
            case ProductNode product when product.Factors.Any(f => Evaluate(f.Node) is MatrixNode):
                return Multiply(product);
            case BracketNode { Items: [var inner] } when Evaluate(inner) is MatrixNode matrix:
                return matrix;
            default:
                return node;
        }
    }

    private static MatrixNode Map(MatrixNode matrix, Func<Node, Node> map) => new([.. matrix.Rows.Select(r => (IReadOnlyList<Node>)[.. r.Select(map)])]);

    private static MatrixNode Add(Node a, Node b)
    {
        if (a is not MatrixNode x || b is not MatrixNode y || x.Rows.Count != y.Rows.Count || x.Columns != y.Columns)
            throw new UndecidedException(AnswerReason.Unreadable, "a sum of a matrix and something of another size");
        return new([.. x.Rows.Zip(y.Rows, (r, s) => (IReadOnlyList<Node>)[.. r.Zip(s, (p, q) => new SumNode([p, q]))])]);
    }

    private static Node Multiply(ProductNode product)
    {
        MatrixNode? matrix = null;
        var scalars = new List<Factor>();
        foreach (var factor in product.Factors)
        {
            if (Evaluate(factor.Node) is not MatrixNode next)
                scalars.Add(factor);
            else if (factor.Inverted)
                throw new UndecidedException(AnswerReason.NotSupported, "division by a matrix is not supported");
            else
                matrix = matrix is null ? next : Multiply(matrix, next);
        }

        return scalars.Count == 0 ? matrix! : Map(matrix!, entry => new ProductNode([.. scalars, new(entry)]));
    }

    private static MatrixNode Multiply(MatrixNode a, MatrixNode b)
    {
        if (a.Columns != b.Rows.Count)
            throw new UndecidedException(AnswerReason.Unreadable, "a product of matrices whose sizes do not fit");
        if (a.Rows.Count * b.Columns * a.Columns > MaxEntries)
            throw new UndecidedException(AnswerReason.Limit, "a product of matrices is too large");
        return new([.. a.Rows.Select(row => (IReadOnlyList<Node>)[.. Enumerable.Range(0, b.Columns).Select(j => new SumNode([.. row.Select((entry, k) => new ProductNode([new(entry), new(b.Rows[k][j])]))]))])]);
    }
}
