def brand(request):
    return {}
