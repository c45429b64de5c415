using System.CommandLine;
using Ratchet.Recipes;

namespace Ratchet.Cli.Verbs;

/// <summary>The options that stand for keys of a recipe, shared by <c>run</c> and <c>explain</c>.</summary>
internal sealed class RecipeOptions
{
    private readonly Argument<string> _recipe = new("recipe") { Description = "Recipe file (YAML)." };
    private readonly Option<string[]> _set = new("--set") { HelpName = "key=value", Description = "Sets a key of the recipe, for example --set propose.samples=16; repeatable.", DefaultValueFactory = _ => [] };
    private readonly (Option<string?> Option, string Key, bool IsPath)[] _keys =
    [
        (new("--problems") { HelpName = "file", Description = "Your own problems, one JSON object a line (problems.file)." }, "problems.file", true),
        (new("--data") { HelpName = "folder", Description = "Folder of the data files (data.root)." }, "data.root", true),
        (new("--model") { HelpName = "folder", Description = "Checkpoint to start from (model.path)." }, "model.path", true),
        (new("--rounds") { HelpName = "n", Description = "Rounds after the start model (rounds)." }, "rounds", false),
        (new("--seed") { HelpName = "n", Description = "Master seed (seed)." }, "seed", false),
        (new("--verifier") { HelpName = "name", Description = "kernel, or coq (verify.verifier)." }, "verify.verifier", false),
        (new("--device") { HelpName = "name", Description = "cpu, cuda or cuda:N (device)." }, "device", false),
        (new("--threads") { HelpName = "n", Description = "Threads; 0 takes all cores (threads)." }, "threads", false),
    ];

    /// <summary>Adds argument and options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_recipe);
        foreach (var (option, _, _) in _keys)
            command.Add(option);
        _set.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (token.Value.IndexOf('=', StringComparison.Ordinal) <= 0)
                    result.AddError($"--set '{token.Value}' is not of the form key=value.");
            }
        });
        command.Add(_set);
    }

    /// <summary>Reads the recipe with the options' values in it.</summary>
    public RecipeReading Read(ParseResult parsed)
    {
        var overrides = new List<RecipeOverride>();
        foreach (var item in parsed.GetValue(_set)!)
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            overrides.Add(new(item[..equals], item[(equals + 1)..], $"--set {item}"));
        }

        foreach (var (option, key, isPath) in _keys)
        {
            if (parsed.GetValue(option) is { } value)
                overrides.Add(new(key, isPath ? Path.GetFullPath(value) : value, $"{option.Name} {value}", isPath));
        }

        return Systems.SystemRecipes.Catalog.ReadFile(parsed.GetRequiredValue(_recipe), overrides);
    }
}
