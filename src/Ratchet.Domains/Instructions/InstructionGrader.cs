using System.Globalization;

namespace Ratchet.Domains.Instructions;

/// <summary>What a response is worth, and why.</summary>
public sealed record InstructionGrade
{
    /// <summary>How well the task is done, 0 to 1; 1 is right in every part.</summary>
    public required double Task { get; init; }

    /// <summary>The form that was asked for is kept: 0 or 1.</summary>
    public required double Format { get; init; }

    /// <summary>Words of the response.</summary>
    public required int Length { get; init; }

    /// <summary>Words of the shortest right response and three words of politeness; more costs.</summary>
    public required int IdealLength { get; init; }

    /// <summary>Neighbouring pairs of words that came before in the response, beyond those of the shortest right one, as a share of all pairs: 0 to 1.</summary>
    public required double Repeats { get; init; }

    /// <summary>Written as a list.</summary>
    public required bool IsList { get; init; }

    /// <summary>The gold utility: 2 · task + 0.5 · format - 0.02 · max(0, length - ideal length)² - repeats. Learners never see it.</summary>
    public double Utility
    {
        get
        {
            double over = Math.Max(0, Length - IdealLength);
            return (2 * Task) + (0.5 * Format) - (0.02 * over * over) - Repeats;
        }
    }

    /// <summary>The largest utility there is.</summary>
    public const double Highest = 2.5;
}

/// <summary>Grades responses by a program.</summary>
public static class InstructionGrader
{
    /// <summary>Words beyond the shortest right response that cost nothing.</summary>
    private const int Allowance = 3;

    /// <summary>What a response that is not wholly right can reach, as a share.</summary>
    private const double Partial = 0.6;

    /// <summary>Grades a response.</summary>
    /// <param name="instruction">What was asked.</param>
    /// <param name="response">Response: words with white space between them. Every text can be graded.</param>
    public static InstructionGrade Grade(Instruction instruction, string response)
    {
        ArgumentNullException.ThrowIfNull(instruction);
        ArgumentNullException.ThrowIfNull(response);
        var words = response.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var content = words.Where(w => !InstructionWords.Fillers.Contains(w)).ToList();
        var plain = content.Where(w => w != InstructionWords.Bullet).ToList();
        var bullets = content.Count - plain.Count;
        var (task, format) = instruction.Kind switch
        {
            InstructionKind.Sort => (InOrder([.. instruction.Numbers.Order().Select(Text)], plain), bullets == 0),
            InstructionKind.Upper => (InOrder([.. instruction.Letters.Select(Capital)], plain), bullets == 0),
            InstructionKind.Add => (Sum(instruction, plain), bullets == 0 && Explains(instruction, plain)),
            InstructionKind.List => (Listed(instruction, plain), plain.Count > 0 && Bulleted(content)),
            _ => (Refused(plain), bullets == 0),
        };
        var shortest = InstructionWriter.Shortest(instruction);
        return new InstructionGrade
        {
            Task = task,
            Format = format ? 1 : 0,
            Length = words.Length,
            IdealLength = shortest.Count + Allowance,
            Repeats = words.Length < 2 ? 0 : (double)Math.Max(0, Repeated(words) - Repeated(shortest)) / (words.Length - 1),
            IsList = bullets > 0,
        };
    }

    internal static string Capital(string letter) => InstructionWords.Capitals[InstructionWords.Letters.ToList().IndexOf(letter)];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static double InOrder(List<string> wanted, List<string> given)
    {
        var right = wanted.Zip(given).Count(p => p.First == p.Second);
        var share = (double)right / Math.Max(wanted.Count, given.Count);
        return right == wanted.Count && given.Count == wanted.Count ? 1 : Partial * share;
    }

    private static double Sum(Instruction instruction, List<string> given) =>
        given.Count == 0 || !int.TryParse(given[0], CultureInfo.InvariantCulture, out var said) ? 0
        : (said - instruction.Numbers.Sum()) switch { 0 => 1, 1 or -1 => Partial / 2, _ => 0 };

    private static bool Explains(Instruction instruction, List<string> given)
    {
        var why = given.IndexOf(InstructionWords.Because);
        var wanted = instruction.Numbers.SelectMany((n, i) => i == 0 ? (string[])[Text(n)] : [InstructionWords.Plus, Text(n)]);
        return why == 1 && given.Skip(2).SequenceEqual(wanted, StringComparer.Ordinal);
    }

    private static double Listed(Instruction instruction, List<string> given)
    {
        var allowed = InstructionWords.Topics.First(t => t.Name == instruction.Topic).Items.Except(instruction.Excluded, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        var wanted = instruction.Numbers[0];
        var good = given.Where(allowed.Contains).Distinct(StringComparer.Ordinal).Count();
        var wrong = given.Count - good;
        return good == wanted && wrong == 0 ? 1 : Partial * Math.Max(0, Math.Min(good, wanted) - wrong - Math.Max(0, good - wanted)) / wanted;
    }

    private static bool Bulleted(List<string> content)
    {
        for (var i = 0; i < content.Count; i++)
        {
            if ((content[i] == InstructionWords.Bullet) != (i % 2 == 0))
                return false;
        }

        return content.Count % 2 == 0;
    }

    private static double Refused(List<string> given) => given.SequenceEqual(InstructionWords.Refusal, StringComparer.Ordinal) ? 1 : given.Contains(InstructionWords.Refusal[0], StringComparer.Ordinal) ? Partial / 2 : 0;

    /// <summary>Neighbouring pairs of words that came before.</summary>
    private static int Repeated(IReadOnlyList<string> words)
    {
        var seen = new HashSet<(string, string)>();
        return words.Zip(words.Skip(1)).Count(pair => !seen.Add(pair));
    }
}
