using System.CommandLine;
using Ratchet.Runs;
using Ratchet.Systems.Verification;

namespace Ratchet.Cli.Verbs;

/// <summary>Where a file of JSON lines keeps what, and which of its lines count.</summary>
/// <param name="proof">Name of the option for the field of what is judged.</param>
/// <param name="description">What that is, and the names that are tried.</param>
internal sealed class BenchmarkOptions(string proof, string description)
{
    private readonly Option<string?> _proof = new(proof) { HelpName = "field", Description = description };
    private readonly Option<string?> _statement = new("--statement") { HelpName = "text", Description = "Statement as a text with fields in braces, for example '{question} {options}'; default: statement, goal, problem, question or input, behind header or body." };
    private readonly Option<string?> _reference = new("--reference") { HelpName = "field", Description = "Field of the right answer; default: reference, answer, target or solution." };
    private readonly Option<string?> _id = new("--id") { HelpName = "field", Description = "Field of the identifier; default: id, unique_id, name or instance_id, else the line's number." };
    private readonly Option<string?> _stratum = new("--by") { HelpName = "field", Description = "Field that problems are grouped by in the result; default: stratum or level." };
    private readonly Option<string[]> _where = new("--where") { HelpName = "field=value", Description = "Only lines with this value, * for any; repeatable.", DefaultValueFactory = _ => [] };
    private readonly Option<int> _limit = new("--limit") { HelpName = "n", Description = "Only the first n problems; 0 takes all.", DefaultValueFactory = _ => 0 };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _statement, _proof, _reference, _id, _stratum, _where, _limit })
            command.Options.Add(option);
    }

    /// <summary>The options, checked.</summary>
    public BenchmarkFields Read(ParseResult parsed)
    {
        var where = new List<KeyValuePair<string, string>>();
        foreach (var item in parsed.GetValue(_where)!)
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new RatchetException($"--where '{item}' is not of the form field=value.") { ExitCode = CommandLine.UsageError };
            where.Add(new(item[..equals], item[(equals + 1)..]));
        }

        if (parsed.GetValue(_limit) < 0)
            throw new RatchetException("--limit must not be negative.") { ExitCode = CommandLine.UsageError };
        return new BenchmarkFields
        {
            Statement = parsed.GetValue(_statement),
            Reference = parsed.GetValue(_reference),
            Proof = parsed.GetValue(_proof),
            Id = parsed.GetValue(_id),
            Stratum = parsed.GetValue(_stratum),
            Where = where,
            Limit = parsed.GetValue(_limit),
        };
    }
}
