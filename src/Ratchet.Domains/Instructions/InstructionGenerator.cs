using Ratchet.Loop;

namespace Ratchet.Domains.Instructions;

/// <summary>Which part of the world of instructions is drawn from; the parts share no instruction.</summary>
public enum InstructionPart
{
    /// <summary>Five of eight: all that is trained on.</summary>
    Training,

    /// <summary>One of eight: for choosing between settings.</summary>
    Validation,

    /// <summary>Two of eight: for the numbers that are reported.</summary>
    Evaluation,
}

/// <summary>Draws instructions. The part that one belongs to follows from its canonical hash, so an instruction of the evaluation is never trained on, in any run.</summary>
public static class InstructionGenerator
{
    private static readonly double[] Shares = [0.3, 0.2, 0.2, 0.2, 0.1];

    /// <summary>Draws one instruction of a part, in plain style.</summary>
    /// <param name="part">Part.</param>
    /// <param name="stream">Stream of this instruction.</param>
    public static Instruction Draw(InstructionPart part, RandomStream stream)
    {
        while (true)
        {
            var drawn = Draw(ref stream);
            if (PartOf(drawn) == part)
                return drawn;
        }
    }

    /// <summary>Draws instructions of a part; instruction i draws from <c>stream.Derive(i)</c>. Few are possible of some kinds, so they repeat unless they are to be different.</summary>
    /// <param name="part">Part.</param>
    /// <param name="count">Number wanted.</param>
    /// <param name="stream">Parent of the streams.</param>
    /// <param name="different">No two have the same canonical hash; fewer than <paramref name="count"/> come where there are no more.</param>
    public static IReadOnlyList<Instruction> Draw(InstructionPart part, int count, RandomStream stream, bool different = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var drawn = new List<Instruction>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0L; drawn.Count < count && i < 40L * count; i++)
        {
            var next = Draw(part, stream.Derive(i));
            if (!different || seen.Add(next.CanonicalHash))
                drawn.Add(next);
        }

        return drawn;
    }

    /// <summary>The part that an instruction belongs to.</summary>
    public static InstructionPart PartOf(Instruction instruction)
    {
        ArgumentNullException.ThrowIfNull(instruction);
        return (Convert.ToInt32(instruction.CanonicalHash[..2], 16) % 8) switch { 0 or 1 => InstructionPart.Evaluation, 2 => InstructionPart.Validation, _ => InstructionPart.Training };
    }

    internal static Instruction Draw(ref RandomStream stream, InstructionKind? wanted = null)
    {
        var kind = wanted ?? Kind(stream.NextDouble());
        switch (kind)
        {
            case InstructionKind.Sort:
                var numbers = Enumerable.Range(0, InstructionWords.LargestNumber + 1).ToArray();
                stream.Shuffle(numbers.AsSpan());
                return new Instruction { Kind = kind, Numbers = [.. numbers.Take(3 + stream.NextInt(2))] };
            case InstructionKind.Add:
                var addends = new List<int>();
                var most = InstructionWords.LargestNumber;
                for (var n = 2 + stream.NextInt(2); n > 0; n--)
                {
                    addends.Add(stream.NextInt(most + 1));
                    most -= addends[^1];
                }

                var mixed = addends.ToArray();
                stream.Shuffle(mixed.AsSpan());
                return new Instruction { Kind = kind, Numbers = mixed };
            case InstructionKind.Upper:
                var letters = new List<string>();
                for (var n = 2 + stream.NextInt(3); n > 0; n--)
                    letters.Add(InstructionWords.Letters[stream.NextInt(InstructionWords.Letters.Count)]);
                return new Instruction { Kind = kind, Letters = letters };
            default:
                var topic = InstructionWords.Topics[stream.NextInt(InstructionWords.Topics.Count)];
                var items = topic.Items.ToArray();
                stream.Shuffle(items.AsSpan());
                var excluded = items.Take(stream.NextInt(3)).ToList();
                return new Instruction { Kind = kind, Numbers = [1 + stream.NextInt(3)], Topic = topic.Name, Excluded = excluded };
        }
    }

    private static InstructionKind Kind(double draw)
    {
        for (var i = 0; i < Shares.Length - 1; i++)
        {
            if (draw < Shares[i])
                return (InstructionKind)i;
            draw -= Shares[i];
        }

        return (InstructionKind)(Shares.Length - 1);
    }
}
