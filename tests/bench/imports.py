"""Import."""
async def measured(url, home):
    return []
