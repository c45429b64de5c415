using Ratchet.Verifiers.Answers.Algebra;
using Ratchet.Verifiers.Answers.Reading;

namespace Ratchet.Verifiers.Answers.Comparing;

/// <summary>A set of real numbers as intervals and points; ends may be infinite.</summary>
internal sealed class RealSet(IReadOnlyList<Piece> pieces)
{
    private const int MaxPieces = 60;
    private static readonly Node Infinity = new ConstantNode(MathConstant.Infinity);
    private static readonly Node MinusInfinity = new NegateNode(Infinity);

    public static RealSet Empty { get; } = new([]);

    public static RealSet All { get; } = new([new(MinusInfinity, false, Infinity, false)]);

    public IReadOnlyList<Piece> Pieces { get; } = pieces.Count <= MaxPieces ? pieces : throw new UndecidedException(AnswerReason.Limit, $"a set has more than {MaxPieces} parts");

    public static RealSet Point(Node value) => new([new(value, true, value, true)]);

    public static RealSet Above(Node low, bool closed) => new([new(low, closed, Infinity, false)]);

    public static RealSet Below(Node high, bool closed) => new([new(MinusInfinity, false, high, closed)]);

    public static RealSet Union(RealSet a, RealSet b) => new([.. a.Pieces, .. b.Pieces]);

    public static RealSet Intersection(RealSet a, RealSet b, ScalarEquality equality)
    {
        var pieces = new List<Piece>();
        foreach (var p in a.Pieces)
        {
            foreach (var q in b.Pieces)
            {
                var low = Order(p.Low, q.Low, equality);
                var high = Order(p.High, q.High, equality);
                var piece = new Piece(
                    low >= 0 ? p.Low : q.Low,
                    low == 0 ? p.LowClosed && q.LowClosed : low > 0 ? p.LowClosed : q.LowClosed,
                    high <= 0 ? p.High : q.High,
                    high == 0 ? p.HighClosed && q.HighClosed : high < 0 ? p.HighClosed : q.HighClosed);
                if (!IsEmpty(piece, equality))
                    pieces.Add(piece);
            }
        }

        return new(pieces);
    }

    public static RealSet Complement(RealSet set, ScalarEquality equality)
    {
        var result = All;
        foreach (var piece in set.Pieces)
        {
            var outside = new List<Piece>();
            if (ScalarEquality.Infinity(piece.Low) is null)
                outside.Add(new(MinusInfinity, false, piece.Low, !piece.LowClosed));
            if (ScalarEquality.Infinity(piece.High) is null)
                outside.Add(new(piece.High, !piece.HighClosed, Infinity, false));
            result = Intersection(result, new(outside), equality);
        }

        return result;
    }

    /// <summary>The same set in parts that neither touch nor overlap, in order. As it is where its ends cannot be ordered.</summary>
    public RealSet Normalized(ScalarEquality equality)
    {
        try
        {
            var sorted = Pieces.Where(p => !IsEmpty(p, equality)).ToList();
            sorted.Sort((p, q) => Order(p.Low, q.Low, equality) is var low and not 0 ? low : q.LowClosed.CompareTo(p.LowClosed));
            var merged = new List<Piece>();
            foreach (var piece in sorted)
            {
                if (merged.Count > 0 && Order(piece.Low, merged[^1].High, equality) is var gap && (gap < 0 || (gap == 0 && (piece.LowClosed || merged[^1].HighClosed))))
                {
                    var last = merged[^1];
                    var high = Order(piece.High, last.High, equality);
                    merged[^1] = high > 0
                        ? last with { High = piece.High, HighClosed = piece.HighClosed }
                        : high == 0 ? last with { HighClosed = last.HighClosed || piece.HighClosed } : last;
                }
                else
                {
                    merged.Add(piece);
                }
            }

            return new(merged);
        }
        catch (Exception e) when (e is UndecidedException { Reason: not AnswerReason.Limit } or InvalidOperationException { InnerException: UndecidedException })
        {
            return this;
        }
    }

    private static bool IsEmpty(Piece piece, ScalarEquality equality)
    {
        if (ReferenceEquals(piece.Low, piece.High))
            return false;
        var order = Order(piece.Low, piece.High, equality);
        return order > 0 || (order == 0 && !(piece.LowClosed && piece.HighClosed));
    }

    private static int Order(Node a, Node b, ScalarEquality equality)
    {
        if (ReferenceEquals(a, b))
            return 0;
        var (infiniteA, infiniteB) = (ScalarEquality.Infinity(a), ScalarEquality.Infinity(b));
        if (infiniteA is not null || infiniteB is not null)
            return (infiniteA ?? 0).CompareTo(infiniteB ?? 0);
        if (a is NumberNode x && b is NumberNode y)
            return x.Value.CompareTo(y.Value);
        return equality.Sign(new SumNode([a, new NegateNode(b)])) ?? throw new UndecidedException(AnswerReason.NotSupported, "the ends of a set cannot be ordered");
    }
}

/// <summary>An interval; a point where both ends are the same.</summary>
internal sealed record Piece(Node Low, bool LowClosed, Node High, bool HighClosed);
