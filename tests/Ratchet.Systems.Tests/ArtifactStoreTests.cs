namespace Ratchet.Systems.Tests;

public sealed class ArtifactStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task One_makes_a_result_and_the_others_wait_for_it()
    {
        var made = 0;
        var together = Enumerable.Range(0, 4).Select(_ => Task.Run(() => new ArtifactStore(_folder["shared"]).GetAsync("stage", new { Seed = 1 }, async (place, token) =>
        {
            Interlocked.Increment(ref made);
            await File.WriteAllTextAsync(Path.Combine(place, "result"), "42", token);
        }, TestContext.Current.CancellationToken))).ToList();

        var folders = await Task.WhenAll(together);

        Assert.Equal(1, made);
        Assert.Equal("42", File.ReadAllText(Path.Combine(Assert.Single(folders.Distinct()), "result")));
    }

    [Fact]
    public async Task What_depends_on_something_else_is_another_result_and_a_failed_one_is_made_again()
    {
        var store = new ArtifactStore(_folder["shared"]);
        var token = TestContext.Current.CancellationToken;
        await Assert.ThrowsAsync<IOException>(() => store.GetAsync("stage", new { Seed = 1 }, (_, _) => throw new IOException("killed"), token));

        var first = await store.GetAsync("stage", new { Seed = 1 }, (place, _) => File.WriteAllTextAsync(Path.Combine(place, "result"), "1", token), token);
        var other = await store.GetAsync("stage", new { Seed = 2 }, (_, _) => Task.CompletedTask, token);

        Assert.NotEqual(first, other);
        Assert.Equal(first, await store.GetAsync("stage", new { Seed = 1 }, (_, _) => throw new InvalidOperationException("made twice"), token));
        Assert.Equal(Path.GetFileName(first), store.Used["stage"]);
    }
}
