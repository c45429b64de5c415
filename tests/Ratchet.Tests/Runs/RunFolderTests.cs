using Ratchet.Runs;

namespace Ratchet.Tests.Runs;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_run_has_its_recipe_and_a_place_for_checkpoints()
    {
        using var folder = RunFolder.Create(_folder["a/b"], "name: tiny\n");

        Assert.Equal("name: tiny\n", File.ReadAllText(folder.RecipePath));
        Assert.True(Directory.Exists(folder.CheckpointsPath));
        Assert.Equal(Path.Combine(_folder["a/b"], "checkpoints", "round-1"), folder.CheckpointPath("round-1"));
        Assert.Empty(Directory.GetFiles(folder.Root, "*.tmp"));
    }

    [Fact]
    public void A_folder_is_held_by_one_at_a_time_and_free_afterwards()
    {
        using (RunFolder.Create(_folder["run"], "name: tiny\n"))
        {
            var error = Assert.Throws<RatchetException>(() => RunFolder.Open(_folder["run"]));
            Assert.Equal($"Another process is running in '{_folder["run"]}'.", error.Message);
            RunFolder.OpenReadOnly(_folder["run"]).Dispose();
        }

        RunFolder.Open(_folder["run"]).Dispose();
    }

    [Fact]
    public void A_folder_that_holds_a_run_is_not_made_again()
    {
        RunFolder.Create(_folder["run"], "name: tiny\n").Dispose();

        var error = Assert.Throws<RatchetException>(() => RunFolder.Create(_folder["run"], "name: other\n"));

        Assert.Equal($"The folder '{_folder["run"]}' holds a run already.", error.Message);
        Assert.Contains($"ratchet resume {_folder["run"]}", error.Remedy);
        Assert.Equal("name: tiny\n", File.ReadAllText(Path.Combine(_folder["run"], "recipe.yaml")));
    }

    [Fact]
    public void A_folder_that_was_left_before_the_run_began_can_be_used()
    {
        Directory.CreateDirectory(_folder["run"]);
        File.WriteAllText(Path.Combine(_folder["run"], "run.lock"), "1");
        File.WriteAllText(Path.Combine(_folder["run"], "recipe.yaml.tmp"), "na");

        using var folder = RunFolder.Create(_folder["run"], "name: tiny\n");

        Assert.Equal("name: tiny\n", File.ReadAllText(folder.RecipePath));
    }

    [Fact]
    public void A_folder_that_is_not_there_or_holds_no_run_is_named()
    {
        Directory.CreateDirectory(_folder["empty"]);
        Assert.Equal($"There is no folder '{_folder["none"]}'.", Assert.Throws<RatchetException>(() => RunFolder.Open(_folder["none"])).Message);
        Assert.StartsWith($"The folder '{_folder["empty"]}' holds no run", Assert.Throws<RatchetException>(() => RunFolder.OpenReadOnly(_folder["empty"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_the_place_of_the_folder_is_a_clear_error()
    {
        File.WriteAllText(_folder["file"], "");

        Assert.StartsWith($"The run folder '{_folder["file"]}' cannot be written", Assert.Throws<RatchetException>(() => RunFolder.Create(_folder["file"], "name: tiny\n")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_or_damaged_summary_is_a_clear_error()
    {
        using var folder = RunFolder.Create(_folder["run"], "name: tiny\n");
        Assert.Contains("ratchet resume", Assert.Throws<RatchetException>(() => folder.ReadSummary()).Remedy);

        foreach (var text in new[] { "", "{", "null", "[]", "{\"status\": 3}", "{\"rounds\": [{\"heldout\": 7}]}" })
        {
            File.WriteAllText(folder.SummaryPath, text);
            Assert.StartsWith($"'{folder.SummaryPath}' cannot be read", Assert.Throws<RatchetException>(() => folder.ReadSummary()).Message, StringComparison.Ordinal);
        }
    }
}
