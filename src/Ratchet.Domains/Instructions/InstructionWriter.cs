using System.Globalization;
using Ratchet.Loop;

namespace Ratchet.Domains.Instructions;

/// <summary>How good the writer of demonstrations is.</summary>
public sealed record InstructionWriterOptions
{
    /// <summary>Share of demonstrations with a mistake in the task, 0 to 1.</summary>
    public double TaskErrors { get; init; } = 0.35;

    /// <summary>Share of demonstrations with a mistake in the form, 0 to 1.</summary>
    public double FormatErrors { get; init; } = 0.3;

    /// <summary>Chance that one more polite phrase is written, again and again, 0 to below 1.</summary>
    public double Politeness { get; init; } = 0.5;

    /// <summary>A writer who makes no mistake and adds nothing.</summary>
    public static InstructionWriterOptions Perfect { get; } = new() { TaskErrors = 0, FormatErrors = 0, Politeness = 0 };
}

/// <summary>Writes responses, right ones and such with mistakes that people make.</summary>
public static class InstructionWriter
{
    /// <summary>Most polite phrases of a response, and of one that is to be verbose.</summary>
    private const int MostPhrases = 3;
    private const int MostVerbosePhrases = 6;

    /// <summary>The words of the shortest right response.</summary>
    public static IReadOnlyList<string> Shortest(Instruction instruction)
    {
        ArgumentNullException.ThrowIfNull(instruction);
        return instruction.Kind switch
        {
            InstructionKind.Sort => [.. instruction.Numbers.Order().Select(Text)],
            InstructionKind.Upper => [.. instruction.Letters.Select(InstructionGrader.Capital)],
            InstructionKind.Add => Explained(instruction.Numbers.Sum(), instruction.Numbers),
            InstructionKind.List => [.. Items(instruction).Take(instruction.Numbers[0]).SelectMany(i => (string[])[InstructionWords.Bullet, i])],
            _ => InstructionWords.Refusal,
        };
    }

    /// <summary>A response of a writer.</summary>
    /// <param name="instruction">What was asked, with its style.</param>
    /// <param name="options">How good the writer is.</param>
    /// <param name="stream">Stream of this response.</param>
    public static string Write(Instruction instruction, InstructionWriterOptions options, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(instruction);
        ArgumentNullException.ThrowIfNull(options);
        var mistaken = stream.NextDouble() < options.TaskErrors;
        var sloppy = stream.NextDouble() < options.FormatErrors;
        var core = Core(instruction, mistaken, sloppy, ref stream);
        var (before, after) = Phrases(instruction.Style, options.Politeness, ref stream);
        var words = new List<string>();
        for (var i = 0; i < before; i++)
            words.AddRange(InstructionWords.Openers[stream.NextInt(InstructionWords.Openers.Count)]);
        words.AddRange(core);
        for (var i = 0; i < after; i++)
            words.AddRange(InstructionWords.Closers[stream.NextInt(InstructionWords.Closers.Count)]);
        return InstructionWords.Tokenizer.Decode(InstructionWords.Tokenizer.Encode(string.Join(' ', words)));
    }

    private static List<string> Core(Instruction instruction, bool mistaken, bool sloppy, ref RandomStream stream)
    {
        switch (instruction.Kind)
        {
            case InstructionKind.Sort:
            case InstructionKind.Upper:
                var parts = Shortest(instruction).ToList();
                if (mistaken)
                    Spoil(parts, instruction, ref stream);
                return sloppy ? [.. parts.SelectMany(p => (string[])[InstructionWords.Bullet, p])] : parts;
            case InstructionKind.Add:
                var sum = instruction.Numbers.Sum();
                var said = mistaken ? Math.Clamp(sum + (stream.NextInt(2) == 0 ? -1 : 1) * (1 + stream.NextInt(2)), 0, InstructionWords.LargestNumber) : sum;
                return sloppy ? [Text(said)] : Explained(said, instruction.Numbers);
            case InstructionKind.Refuse when !mistaken:
                return sloppy ? [InstructionWords.Bullet, .. InstructionWords.Refusal] : [.. InstructionWords.Refusal];
            default:
                var items = Items(instruction).ToArray();
                stream.Shuffle(items.AsSpan());
                var chosen = items.Take(instruction.Numbers[0]).ToList();
                if (mistaken && instruction.Kind == InstructionKind.List)
                    SpoilList(chosen, instruction, ref stream);
                return sloppy ? chosen : [.. chosen.SelectMany(i => (string[])[InstructionWords.Bullet, i])];
        }
    }

    private static void Spoil(List<string> parts, Instruction instruction, ref RandomStream stream)
    {
        var place = stream.NextInt(parts.Count);
        switch (stream.NextInt(3))
        {
            case 0 when parts.Count > 1:
                var other = (place + 1) % parts.Count;
                (parts[place], parts[other]) = (parts[other], parts[place]);
                break;
            case 1 when parts.Count > 1:
                parts.RemoveAt(place);
                break;
            default:
                parts[place] = instruction.Kind == InstructionKind.Upper ? instruction.Letters[place] : Text(stream.NextInt(InstructionWords.LargestNumber + 1));
                break;
        }
    }

    private static void SpoilList(List<string> chosen, Instruction instruction, ref RandomStream stream)
    {
        var place = stream.NextInt(chosen.Count);
        switch (stream.NextInt(3))
        {
            case 0 when chosen.Count > 1:
                chosen.RemoveAt(place);
                break;
            case 1 when instruction.Excluded.Count > 0:
                chosen[place] = instruction.Excluded[stream.NextInt(instruction.Excluded.Count)];
                break;
            default:
                var topic = InstructionWords.Topics[stream.NextInt(InstructionWords.Topics.Count)];
                chosen.Insert(place, topic.Items[stream.NextInt(topic.Items.Count)]);
                break;
        }
    }

    private static (int Before, int After) Phrases(InstructionStyle style, double politeness, ref RandomStream stream)
    {
        if (style == InstructionStyle.Concise)
            return (0, 0);
        var phrases = style == InstructionStyle.Verbose ? 2 : 0;
        while (phrases < (style == InstructionStyle.Verbose ? MostVerbosePhrases : MostPhrases) && stream.NextDouble() < politeness)
            phrases++;
        var before = phrases > 0 && stream.NextInt(2) == 0 ? 1 : 0;
        return (before, phrases - before);
    }

    private static IEnumerable<string> Items(Instruction instruction) =>
        InstructionWords.Topics.First(t => t.Name == instruction.Topic).Items.Except(instruction.Excluded, StringComparer.Ordinal);

    private static List<string> Explained(int sum, IReadOnlyList<int> numbers) =>
        [Text(sum), InstructionWords.Because, .. numbers.SelectMany((n, i) => i == 0 ? (string[])[Text(n)] : [InstructionWords.Plus, Text(n)])];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
